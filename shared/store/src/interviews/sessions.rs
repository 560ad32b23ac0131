//! Sessions and what is said in them.

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Put, TransactWriteItem, Update};
use domain::access::Tenant;
use domain::failure::Failure;
use domain::interviews::conductor::{Script, Step};
use domain::interviews::session::{Entry, Session, SessionStatus, Turn};
use domain::interviews::{InterviewId, InterviewStatus, Platform, SessionId};
use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ACTIVITY, COMPLETED, REV, STATUS, SUCCESS, id_of};
use crate::Store;
use crate::api_keys::unexpected;
use crate::item::{self, Reader, TYPE, Unreadable, b, corrupt, n, s};
use crate::keys::{self, SESSIONS};
use crate::meter::{Purpose, item_size, write_units};
use crate::sdk::{Attributes, condition};

const SESSION_TAG: &str = "session.1";
const TURN_TAG: &str = "turn.1";
const SESSION: &str = "session";
const TURN: &str = "turn";

const PACKED: &str = "p";
const KEY: &str = "k";
const ORDER: &str = "o";

/// Turns of a request that are written at the same time.
const CONCURRENT_WRITES: usize = 16;

/// A step of a session, written as a whole or not at all.
#[derive(Debug)]
pub struct SessionChange<'a> {
    /// The interview.
    pub interview: InterviewId,
    /// The session as it will be. Its revision is the stored one's plus one, and 1 for a new session.
    pub session: &'a Session,
    /// What is said in this step.
    pub turn: Option<&'a Turn>,
    /// The session that it takes the place of, as that will be.
    pub replaced: Option<&'a Session>,
    /// The interview's status afterwards; `None` leaves the interview as it is.
    pub status: Option<InterviewStatus>,
    /// When.
    pub at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Packed {
    platform: Platform,
    status: SessionStatus,
    started_at: Timestamp,
    last_activity_at: Timestamp,
    ended_at: Option<Timestamp>,
    script: Option<Script>,
    step: Step,
    turns: u32,
    answers: u32,
    characters: u64,
    recording: Option<String>,
}

impl Store {
    /// Writes a step of a session; `Conflict` when another step came first, or the interview is over or gone.
    pub async fn write_session(&self, tenant: &Tenant, change: SessionChange<'_>) -> Result<(), Failure> {
        let interview = change.interview;
        let mut items = vec![self.session_write(tenant, interview, change.session)?];
        if let Some(replaced) = change.replaced {
            items.push(self.session_write(tenant, interview, replaced)?);
        }
        if let Some(turn) = change.turn {
            let put = Put::builder()
                .table_name(self.main())
                .set_item(Some(print_turn(tenant, interview, change.session.id, turn)?))
                .condition_expression("attribute_not_exists(PK)");
            items.push(TransactWriteItem::builder().put(put.build().map_err(unexpected)?).build());
        }
        items.push(self.interview_write(tenant, &change)?);
        self.transact(items, 4, Purpose::Interviews, SESSION).await
    }

    fn session_write(
        &self,
        tenant: &Tenant,
        interview: InterviewId,
        session: &Session,
    ) -> Result<TransactWriteItem, Failure> {
        let mut item = print(session).map_err(corrupt(SESSION))?;
        item.extend(item::key(&keys::session(tenant, interview, session.id)));
        let put = Put::builder().table_name(self.main()).set_item(Some(item));
        let put = if session.revision == 1 {
            put.condition_expression("attribute_not_exists(PK)")
        } else {
            let before = n(session.revision - 1);
            put.condition_expression(format!("{REV} = :before")).expression_attribute_values(":before", before)
        };
        Ok(TransactWriteItem::builder().put(put.build().map_err(unexpected)?).build())
    }

    fn interview_write(&self, tenant: &Tenant, change: &SessionChange<'_>) -> Result<TransactWriteItem, Failure> {
        let key = item::key(&keys::interview(tenant, change.interview));
        let Some(status) = change.status else {
            let check = ConditionCheck::builder()
                .table_name(self.main())
                .set_key(Some(key))
                .condition_expression("attribute_exists(PK)");
            return Ok(TransactWriteItem::builder().condition_check(check.build().map_err(unexpected)?).build());
        };
        let mut set = format!("SET {STATUS} = :status, {ACTIVITY} = :at");
        let mut update = Update::builder()
            .table_name(self.main())
            .set_key(Some(key))
            .condition_expression(format!("attribute_exists(PK) AND attribute_not_exists({COMPLETED})"))
            .expression_attribute_values(":status", s(status.as_str()))
            .expression_attribute_values(":at", s(change.at.to_string()));
        if status == InterviewStatus::Completed {
            set = format!("{set}, {COMPLETED} = :at, {SUCCESS} = :success");
            let success = AttributeValue::Bool(change.session.answers > 0);
            update = update.expression_attribute_values(":success", success);
        }
        let update = update.update_expression(set).build().map_err(unexpected)?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// An interview's sessions, oldest first.
    pub async fn sessions(&self, tenant: &Tenant, interview: InterviewId) -> Result<Vec<Session>, Failure> {
        let partition = keys::interview_parts(tenant, interview);
        let items = self.partition_items(partition, Some(SESSIONS), Purpose::Interviews).await?;
        items.iter().map(|item| parse(item).map_err(corrupt(SESSION))).collect()
    }

    /// One session.
    pub async fn session(
        &self,
        tenant: &Tenant,
        interview: InterviewId,
        id: SessionId,
    ) -> Result<Option<Session>, Failure> {
        let item = self.item(keys::session(tenant, interview, id), Purpose::Interviews).await?;
        item.map(|item| parse(&item).map_err(corrupt(SESSION))).transpose()
    }

    /// Records what was said in a call; the turns that were not known before. The first record of a turn counts.
    pub async fn record_turns(
        &self,
        tenant: &Tenant,
        interview: InterviewId,
        session: SessionId,
        turns: Vec<Turn>,
    ) -> Result<Vec<Turn>, Failure> {
        let mut writes = stream::iter(turns.into_iter().map(|turn| self.record_turn(tenant, interview, session, turn)))
            .buffered(CONCURRENT_WRITES);
        let mut new = Vec::new();
        while let Some(written) = writes.next().await {
            new.extend(written?);
        }
        Ok(new)
    }

    async fn record_turn(
        &self,
        tenant: &Tenant,
        interview: InterviewId,
        session: SessionId,
        turn: Turn,
    ) -> Result<Option<Turn>, Failure> {
        let item = print_turn(tenant, interview, session, &turn)?;
        self.meter().wrote(Purpose::Interviews, write_units(item_size(&item)));
        let request = self.client().put_item().table_name(self.main()).set_item(Some(item));
        let written = condition(request.condition_expression("attribute_not_exists(PK)").send().await)?;
        Ok(written.is_ok().then_some(turn))
    }

    /// The turn of that key, if it was recorded.
    pub async fn turn(
        &self,
        tenant: &Tenant,
        interview: InterviewId,
        session: SessionId,
        key: &str,
    ) -> Result<Option<Turn>, Failure> {
        let item = self.item(keys::turn(tenant, interview, session, key), Purpose::Interviews).await?;
        item.map(|item| parse_turn(&item).map_err(corrupt(TURN))).transpose()
    }

    /// Every turn of a session, in no particular order: see [`domain::interviews::session::transcript`].
    pub async fn turns(
        &self,
        tenant: &Tenant,
        interview: InterviewId,
        session: SessionId,
    ) -> Result<Vec<Turn>, Failure> {
        let partition = keys::interview_parts(tenant, interview);
        let items = self.partition_items(partition, Some(&keys::turns(session)), Purpose::Interviews).await?;
        items.iter().map(|item| parse_turn(item).map_err(corrupt(TURN))).collect()
    }
}

fn print(session: &Session) -> Result<Attributes, Unreadable> {
    let packed = item::packed(&Packed {
        platform: session.platform,
        status: session.status,
        started_at: session.started_at,
        last_activity_at: session.last_activity_at,
        ended_at: session.ended_at,
        script: session.script.clone(),
        step: session.step,
        turns: session.turns,
        answers: session.answers,
        characters: session.characters,
        recording: session.recording.clone(),
    })?;
    let attributes = [(TYPE, s(SESSION_TAG)), (PACKED, b(packed)), (REV, n(session.revision))];
    Ok(attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn parse(item: &Attributes) -> Result<Session, Unreadable> {
    let reader = Reader::new(item, SESSION_TAG)?;
    let packed: Packed = reader.packed(PACKED)?;
    Ok(Session {
        id: id_of(item, |sk| SessionId::parse(sk.strip_prefix(SESSIONS)?))?,
        platform: packed.platform,
        status: packed.status,
        started_at: packed.started_at,
        last_activity_at: packed.last_activity_at,
        ended_at: packed.ended_at,
        script: packed.script,
        step: packed.step,
        turns: packed.turns,
        answers: packed.answers,
        characters: packed.characters,
        recording: packed.recording,
        revision: reader.number(REV)?,
    })
}

fn print_turn(tenant: &Tenant, interview: InterviewId, session: SessionId, turn: &Turn) -> Result<Attributes, Failure> {
    let mut item = item::key(&keys::turn(tenant, interview, session, &turn.key));
    item.insert(TYPE.to_owned(), s(TURN_TAG));
    item.insert(KEY.to_owned(), s(turn.key.clone()));
    item.insert(ORDER.to_owned(), n(turn.order));
    item.insert(PACKED.to_owned(), b(item::packed(&turn.entries).map_err(corrupt(TURN))?));
    Ok(item)
}

fn parse_turn(item: &Attributes) -> Result<Turn, Unreadable> {
    let reader = Reader::new(item, TURN_TAG)?;
    let entries: Vec<Entry> = reader.packed(PACKED)?;
    Ok(Turn { key: reader.text(KEY)?.to_owned(), order: reader.number(ORDER)?, entries })
}
