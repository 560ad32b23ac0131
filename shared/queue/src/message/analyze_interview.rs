//! An interview for its analysis.

use domain::access::Tenant;
use domain::interviews::InterviewId;
use serde::Deserialize;

use super::{Invalid, Message, V1, trusted};

/// An interview that is over, to be analysed: a pointer to it, never its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnalyzeInterview {
    /// Whose interview it is. Trusted, because only functions that IAM lets write to the queue can say so.
    pub tenant: Tenant,
    /// The interview.
    pub interview: InterviewId,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    #[serde(rename = "type")]
    kind: Kind,
    v: V1,
    tenant: String,
    interview_id: String,
}

#[derive(Deserialize)]
enum Kind {
    #[serde(rename = "analyze_interview")]
    AnalyzeInterview,
}

impl AnalyzeInterview {
    /// Reads a body strictly: known type and version, no unknown field.
    pub fn parse(body: &str) -> Result<Self, Invalid> {
        let Body { kind: Kind::AnalyzeInterview, v: V1, tenant, interview_id } =
            serde_json::from_str(body).map_err(Invalid::Json)?;
        let tenant = trusted(&tenant)?;
        let interview = InterviewId::parse(&interview_id).ok_or(Invalid::Interview)?;
        Ok(Self { tenant, interview })
    }
}

impl Message for AnalyzeInterview {
    /// The message as it is sent: `{"type":"analyze_interview","v":1,"tenant":…,"interview_id":…}`.
    fn print(&self) -> String {
        serde_json::json!({
            "type": "analyze_interview",
            "v": 1,
            "tenant": self.tenant.as_str(),
            "interview_id": self.interview.to_string(),
        })
        .to_string()
    }
}
