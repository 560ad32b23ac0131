//! The next step of an erasure.

use domain::access::Tenant;
use domain::ids::ErasureId;
use serde::Deserialize;

use super::{Invalid, Message, V1, trusted};

/// An erasure to be gone on with. Who is erased stands in the erasure's item alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EraseContact {
    /// Whose contact it is. Trusted, because only functions that IAM lets write to the queue can say so.
    pub tenant: Tenant,
    /// The erasure.
    pub erasure: ErasureId,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    #[serde(rename = "type")]
    kind: Kind,
    v: V1,
    tenant: String,
    erasure_id: String,
}

#[derive(Deserialize)]
enum Kind {
    #[serde(rename = "erase_contact")]
    EraseContact,
}

impl EraseContact {
    /// Reads a body strictly: known type and version, no unknown field.
    pub fn parse(body: &str) -> Result<Self, Invalid> {
        let Body { kind: Kind::EraseContact, v: V1, tenant, erasure_id } =
            serde_json::from_str(body).map_err(Invalid::Json)?;
        let erasure = ErasureId::parse(&erasure_id).ok_or(Invalid::Erasure)?;
        Ok(Self { tenant: trusted(&tenant)?, erasure })
    }
}

impl Message for EraseContact {
    /// The message as it is sent: `{"type":"erase_contact","v":1,"tenant":…,"erasure_id":…}`.
    fn print(&self) -> String {
        serde_json::json!({
            "type": "erase_contact",
            "v": 1,
            "tenant": self.tenant.as_str(),
            "erasure_id": self.erasure.to_string(),
        })
        .to_string()
    }
}
