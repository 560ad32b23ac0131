//! The next step of a re-analysis.

use domain::access::Tenant;
use domain::ids::ReanalysisId;
use serde::Deserialize;

use super::{Invalid, Message, V1, trusted};

/// A re-analysis to be moved on. Where it stands is in its item, so a message that comes twice does no harm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContinueReanalysis {
    /// Whose it is. Trusted, because only functions that IAM lets write to the queue can say so.
    pub tenant: Tenant,
    /// The re-analysis.
    pub reanalysis: ReanalysisId,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    #[serde(rename = "type")]
    kind: Kind,
    v: V1,
    tenant: String,
    reanalysis_id: String,
}

#[derive(Deserialize)]
enum Kind {
    #[serde(rename = "continue_reanalysis")]
    ContinueReanalysis,
}

impl ContinueReanalysis {
    /// Reads a body strictly: known type and version, no unknown field.
    pub fn parse(body: &str) -> Result<Self, Invalid> {
        let Body { kind: Kind::ContinueReanalysis, v: V1, tenant, reanalysis_id } =
            serde_json::from_str(body).map_err(Invalid::Json)?;
        let tenant = trusted(&tenant)?;
        let reanalysis = ReanalysisId::parse(&reanalysis_id).ok_or(Invalid::Reanalysis)?;
        Ok(Self { tenant, reanalysis })
    }
}

impl Message for ContinueReanalysis {
    /// The message as it is sent: `{"type":"continue_reanalysis","v":1,"tenant":…,"reanalysis_id":…}`.
    fn print(&self) -> String {
        serde_json::json!({
            "type": "continue_reanalysis",
            "v": 1,
            "tenant": self.tenant.as_str(),
            "reanalysis_id": self.reanalysis.to_string(),
        })
        .to_string()
    }
}
