//! The `$default` route: what no other route answers.

use api::{Code, Problem};
use http::Uri;
use http::header::ALLOW;

use crate::routes;

/// 404; 405 for a path that exists with other methods.
pub(crate) async fn default(uri: Uri) -> Problem {
    let path = uri.path();
    let methods = routes::methods(path);
    if !methods.is_empty() {
        let allowed = methods.into_iter().collect::<Vec<_>>().join(", ");
        let detail = format!("This path takes only {allowed}.");
        return Problem::new(Code::MethodNotAllowed, detail).with_header(ALLOW, &allowed);
    }
    let slashed = path.strip_suffix('/').is_some_and(|path| !routes::methods(path).is_empty());
    let detail =
        if slashed { "This path exists without the slash at its end." } else { "No route has this path; see /docs." };
    Problem::new(Code::NotFound, detail)
}
