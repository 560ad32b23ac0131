//! Experts' links: under the secret's hash in table `auth`, and which one is valid beside the interview.

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem};
use domain::access::{Tenant, TokenHash};
use domain::failure::Failure;
use domain::ids::TenantName;
use domain::interviews::InterviewId;
use domain::interviews::link::ExpertLink;

use crate::Store;
use crate::api_keys::unexpected;
use crate::item::{self, Reader, TTL, TYPE, Unreadable, corrupt, s, ttl};
use crate::keys::{self, PK};
use crate::meter::{self, Purpose, item_size};
use crate::sdk::{Attributes, condition, failure};

const TAG: &str = "expert_link.1";
const POINTER_TAG: &str = "expert_link_of.1";
const WHAT: &str = "expert link";

const TENANT: &str = "tenant";
const INTERVIEW: &str = "interview";
const EXPIRES: &str = "expires_at";
const BROWSER: &str = "browser";
const HASH: &str = "hash";

impl Store {
    /// Makes this the interview's link; one that it had before stops working. `Conflict` when the interview is gone.
    pub async fn put_expert_link(&self, tenant: &Tenant, hash: &TokenHash, link: &ExpertLink) -> Result<(), Failure> {
        let before = self.expert_link_hash(tenant, link.interview).await?;
        let mut auth: Attributes = [(PK.to_owned(), s(keys::expert_link(hash)))].into();
        auth.insert(TYPE.to_owned(), s(TAG));
        auth.insert(TENANT.to_owned(), s(link.tenant.as_str()));
        auth.insert(INTERVIEW.to_owned(), s(link.interview.to_string()));
        auth.insert(EXPIRES.to_owned(), s(link.expires_at.to_string()));
        auth.insert(TTL.to_owned(), ttl(link.expires_at));
        let mut pointer = item::key(&keys::interview_link(tenant, link.interview));
        pointer.insert(TYPE.to_owned(), s(POINTER_TAG));
        pointer.insert(HASH.to_owned(), s(hash.0.clone()));

        let auth = Put::builder().table_name(self.auth()?).set_item(Some(auth));
        let mut pointer = Put::builder().table_name(self.main()).set_item(Some(pointer));
        pointer = match &before {
            None => pointer.condition_expression("attribute_not_exists(PK)"),
            Some(before) => pointer
                .condition_expression("#hash = :before")
                .expression_attribute_names("#hash", HASH)
                .expression_attribute_values(":before", s(before.0.clone())),
        };
        let interview = ConditionCheck::builder()
            .table_name(self.main())
            .set_key(Some(item::key(&keys::interview(tenant, link.interview))))
            .condition_expression("attribute_exists(PK)");
        let mut items = vec![
            TransactWriteItem::builder().put(auth.build().map_err(unexpected)?).build(),
            TransactWriteItem::builder().put(pointer.build().map_err(unexpected)?).build(),
            TransactWriteItem::builder().condition_check(interview.build().map_err(unexpected)?).build(),
        ];
        if let Some(before) = before {
            let old = Delete::builder().table_name(self.auth()?).key(PK, s(keys::expert_link(&before)));
            items.push(TransactWriteItem::builder().delete(old.build().map_err(unexpected)?).build());
        }
        self.transact(items, 4, Purpose::Interviews, WHAT).await
    }

    /// The link behind a secret's hash, read consistently.
    pub async fn expert_link(&self, hash: &TokenHash) -> Result<Option<ExpertLink>, Failure> {
        let request = self.client().get_item().table_name(self.auth()?).key(PK, s(keys::expert_link(hash)));
        let item = request.consistent_read(true).send().await.map_err(failure)?.item;
        self.meter().read(Purpose::Gate, meter::consistent_halves(item.as_ref().map_or(0, item_size)));
        item.map(|item| parse(&item).map_err(corrupt(WHAT))).transpose()
    }

    /// Binds a link to the browser in which it is opened; `false` when another one was first, or the link is gone.
    pub async fn bind_expert_link(&self, hash: &TokenHash, browser: &TokenHash) -> Result<bool, Failure> {
        self.meter().wrote(Purpose::Gate, 1);
        let request = self
            .client()
            .update_item()
            .table_name(self.auth()?)
            .key(PK, s(keys::expert_link(hash)))
            .update_expression(format!("SET {BROWSER} = :browser"))
            .condition_expression(format!(
                "attribute_exists(PK) AND (attribute_not_exists({BROWSER}) OR {BROWSER} = :browser)"
            ))
            .expression_attribute_values(":browser", s(browser.0.clone()));
        Ok(condition(request.send().await)?.is_ok())
    }

    /// Makes the interview's link stop working, if it has one.
    pub(super) async fn close_expert_link(&self, tenant: &Tenant, interview: InterviewId) -> Result<(), Failure> {
        if let Some(hash) = self.expert_link_hash(tenant, interview).await? {
            self.meter().wrote(Purpose::Interviews, 1);
            let request = self.client().delete_item().table_name(self.auth()?).key(PK, s(keys::expert_link(&hash)));
            request.send().await.map_err(failure)?;
        }
        Ok(())
    }

    async fn expert_link_hash(&self, tenant: &Tenant, interview: InterviewId) -> Result<Option<TokenHash>, Failure> {
        let item = self.item(keys::interview_link(tenant, interview), Purpose::Interviews).await?;
        let hash = |item: &Attributes| Ok(TokenHash(Reader::new(item, POINTER_TAG)?.text(HASH)?.to_owned()));
        item.map(|item| hash(&item).map_err(corrupt(WHAT))).transpose()
    }
}

fn parse(item: &Attributes) -> Result<ExpertLink, Unreadable> {
    let reader = Reader::new(item, TAG)?;
    let browser = match item.get(BROWSER) {
        Some(AttributeValue::S(hash)) => Some(TokenHash(hash.clone())),
        Some(_) => return Err(Unreadable::Attribute(BROWSER)),
        None => None,
    };
    Ok(ExpertLink {
        tenant: TenantName::parse(reader.text(TENANT)?).ok_or(Unreadable::Attribute(TENANT))?,
        interview: InterviewId::parse(reader.text(INTERVIEW)?).ok_or(Unreadable::Attribute(INTERVIEW))?,
        expires_at: reader.time(EXPIRES)?,
        browser,
    })
}
