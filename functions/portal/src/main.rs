//! portal: the API document, its reference pages, health, and the answer to every other path.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    runtime::log::start();
    runtime::http::serve(portal::router()).await
}
