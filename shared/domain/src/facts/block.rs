//! Encoding of fact rows for blocks: columns rather than rows, because neighbours in a column are alike and compress well.
//!
//! A block is a list of columns, each a stream of variable-length integers. Texts stand once in a dictionary and are named by number.
//! Times are distances: a row's beginning from the row before, everything else from the row's own times, in the coarsest unit that is
//! exact for the whole block. Scores are integers in the fewest decimals that are exact for the whole column. The encoding is lossless
//! for every value. In every column 0 means "nothing": columns that a later version adds **at the end** read as nothing from older
//! blocks, and are ignored by older readers.

use std::collections::HashMap;

use jiff::Timestamp;

use super::{AgentFacts, Entry, FactRow, Placed, Revision};
use crate::analysis::{
    AgentKind, ChurnLevel, GrowthKind, NotScored, Polarity, ResolutionState, Sentiment, Severity, Temperature,
    WarningKind,
};
use crate::conversation::{Priority, Status};
use crate::settings::TagKind;
use crate::task::TaskPriority;

/// Version of the encoding, the first byte of a block.
const FORMAT: u8 = 1;

/// The bytes are not a block.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a block of facts: {0}")]
pub struct Corrupt(&'static str);

/// The columns, in the order in which they are stored. Add new ones at the end only.
#[derive(Clone, Copy)]
enum Column {
    Words,
    Rows,
    Ids,
    Batches,
    Batch,
    Generation,
    Version,
    Created,
    LastActivity,
    Status,
    Priority,
    Channel,
    Contact,
    Account,
    Assignee,
    Team,
    Tags,
    Custom,
    ContactCustom,
    NotScored,
    Language,
    Sentiment,
    SentimentScore,
    Temperature,
    Severity,
    Pcsat,
    Csat,
    Churn,
    ChurnScore,
    Warnings,
    Intervention,
    Topics,
    Findings,
    ContactReason,
    Growth,
    Shares,
    Effort,
    Complexity,
    Resolutions,
    Closed,
    ClosedAt,
    FirstResponse,
    Handle,
    ResolutionTime,
    Business,
    Waiting,
    Sla,
    Messages,
    Agents,
    AgentVolume,
    Replies,
    Skills,
    Required,
    Detections,
    AgentTimes,
    Matter,
}

const COLUMNS: usize = Column::Matter as usize + 1;

/// Encodes entries in their order. Lossless: [`decode`] gives the same entries.
pub fn encode(entries: &[Entry]) -> Vec<u8> {
    let mut writer = Writer::new(entries);
    for entry in entries {
        writer.entry(entry);
    }
    writer.finish()
}

/// Decodes what [`encode`] made.
pub fn decode(bytes: &[u8]) -> Result<Vec<Entry>, Corrupt> {
    let mut reader = Reader::new(bytes)?;
    let rows = reader.count(Column::Rows)?;
    (0..rows).map(|_| reader.entry()).collect()
}

const NANOS: [i128; 4] = [1_000_000_000, 1_000_000, 1_000, 1];
const MICROS: [i128; 3] = [1_000_000, 1_000, 1];
const DECIMALS: [f64; 4] = [1.0, 10.0, 100.0, 1000.0];

/// Index of the coarsest unit that is exact for all values.
fn unit(units: &[i128], values: &(impl Iterator<Item = i128> + Clone)) -> usize {
    units.iter().position(|unit| values.clone().all(|value| value % unit == 0)).unwrap_or(units.len() - 1)
}

fn zigzag(value: i128) -> u128 {
    ((value << 1) ^ (value >> 127)).cast_unsigned()
}

fn unzigzag(value: u128) -> i128 {
    (value >> 1).cast_signed() ^ -((value & 1).cast_signed())
}

fn varint(out: &mut Vec<u8>, mut value: u128) {
    loop {
        let low = u8::try_from(value & 0x7f).unwrap_or(0);
        value >>= 7;
        if value == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

/// Position of a word among all of its kind, counted from 1; 0 = nothing.
fn code<T: PartialEq>(all: &[T], value: Option<&T>) -> u128 {
    value.and_then(|value| all.iter().position(|word| word == value)).map_or(0, |index| index as u128 + 1)
}

fn times(entry: &Entry) -> impl Iterator<Item = Timestamp> + Clone + '_ {
    entry.facts.iter().flat_map(|facts| {
        [facts.created_at, facts.last_activity_at]
            .into_iter()
            .chain(facts.csat.iter().map(|(_, at)| *at))
            .chain([facts.first_closed_at, facts.last_closed_at, facts.waiting_since].into_iter().flatten())
            .chain(facts.agents.iter().flat_map(|agent| [agent.first_at, agent.last_at]))
    })
}

#[derive(Default)]
struct Scores(Vec<Option<f64>>);

/// The integer that is exactly this score at so many decimals.
fn scaled(value: f64, scale: f64) -> Option<i64> {
    let whole = (value * scale).round();
    if !whole.is_finite() || whole.abs() > 1e15 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "bounded by the lines above")]
    let whole = whole as i64;
    (unscaled(whole, scale).to_bits() == value.to_bits()).then_some(whole)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "only for integers that came from at most 1e15, which are exact; others are corrupt"
)]
fn unscaled(whole: i64, scale: f64) -> f64 {
    whole as f64 / scale
}

impl Scores {
    /// First the number of decimals, then per score 0 = nothing, 1 = the bits follow, else the integer.
    fn finish(self, out: &mut Vec<u8>) {
        let fits = |scale: &f64| self.0.iter().flatten().all(|value| scaled(*value, *scale).is_some());
        let decimals = DECIMALS.iter().position(fits).unwrap_or(DECIMALS.len() - 1);
        let scale = DECIMALS.get(decimals).copied().unwrap_or(1.0);
        varint(out, decimals as u128);
        for score in self.0 {
            match score.map(|value| (value, scaled(value, scale))) {
                None => varint(out, 0),
                Some((value, None)) => {
                    varint(out, 1);
                    varint(out, u128::from(value.to_bits()));
                }
                Some((_, Some(whole))) => varint(out, zigzag(i128::from(whole)) + 2),
            }
        }
    }
}

struct Writer<'a> {
    columns: Vec<Vec<u8>>,
    scores: HashMap<usize, Scores>,
    words: HashMap<&'a str, u128>,
    batches: HashMap<u128, u128>,
    nanos: i128,
    micros: i128,
    created: i128,
    version: i128,
}

impl<'a> Writer<'a> {
    fn new(entries: &'a [Entry]) -> Self {
        let nanos = unit(&NANOS, &entries.iter().flat_map(times).map(Timestamp::as_nanosecond));
        let micros = unit(&MICROS, &entries.iter().map(|entry| i128::from(entry.revision.version)));
        let mut writer = Self {
            columns: vec![Vec::new(); COLUMNS],
            scores: HashMap::new(),
            words: HashMap::new(),
            batches: HashMap::new(),
            nanos: NANOS.get(nanos).copied().unwrap_or(1),
            micros: MICROS.get(micros).copied().unwrap_or(1),
            created: 0,
            version: 0,
        };
        writer.put(Column::Rows, entries.len() as u128);
        writer.put(Column::Created, nanos as u128);
        writer.put(Column::Version, micros as u128);
        writer
    }

    fn column(&mut self, column: Column) -> &mut Vec<u8> {
        // `columns` has one stream per variant, so the fallback is never made.
        let index = column as usize;
        if index >= self.columns.len() {
            self.columns.resize(index + 1, Vec::new());
        }
        #[expect(clippy::indexing_slicing, reason = "the lines above make the column")]
        &mut self.columns[index]
    }

    fn put(&mut self, column: Column, value: u128) {
        varint(self.column(column), value);
    }

    fn signed(&mut self, column: Column, value: i128) {
        self.put(column, zigzag(value));
    }

    fn bytes(&mut self, column: Column, text: &str) {
        self.put(column, text.len() as u128);
        self.column(column).extend_from_slice(text.as_bytes());
    }

    /// Number of a text, counted from 1.
    fn word(&mut self, text: &'a str) -> u128 {
        if let Some(number) = self.words.get(text) {
            return *number;
        }
        let number = self.words.len() as u128 + 1;
        self.words.insert(text, number);
        self.bytes(Column::Words, text);
        number
    }

    fn text(&mut self, column: Column, text: &'a str) {
        let number = self.word(text);
        self.put(column, number);
    }

    fn text_opt(&mut self, column: Column, text: Option<&'a str>) {
        let number = text.map_or(0, |text| self.word(text));
        self.put(column, number);
    }

    fn score(&mut self, column: Column, value: Option<f64>) {
        self.scores.entry(column as usize).or_default().0.push(value);
    }

    fn ticks(&self, at: Timestamp) -> i128 {
        at.as_nanosecond() / self.nanos
    }

    /// A time that may be missing, as its distance from `base`.
    fn time_opt(&mut self, column: Column, at: Option<Timestamp>, base: Timestamp) {
        let distance = at.map_or(0, |at| zigzag(self.ticks(at) - self.ticks(base)) + 1);
        self.put(column, distance);
    }

    fn time(&mut self, column: Column, at: Timestamp, base: Timestamp) {
        self.signed(column, self.ticks(at) - self.ticks(base));
    }

    fn duration(&mut self, column: Column, duration: Option<(u64, u64)>) {
        self.put(column, duration.map_or(0, |(wall, _)| u128::from(wall) + 1));
        if let Some((wall, business)) = duration {
            self.signed(Column::Business, i128::from(wall) - i128::from(business));
        }
    }

    fn entry(&mut self, entry: &'a Entry) {
        self.bytes(Column::Ids, &entry.conversation_id);
        let Revision { generation, version, batch } = entry.revision;
        let next = self.batches.len() as u128;
        let number = *self.batches.entry(batch).or_insert(next);
        if number == next {
            self.put(Column::Batches, batch);
        }
        // Whether there are facts is the lowest bit of the batch's number.
        self.put(Column::Batch, number << 1 | u128::from(entry.facts.is_some()));
        self.put(Column::Generation, u128::from(generation));
        let version = i128::from(version) / self.micros;
        if let Some(facts) = &entry.facts {
            let base = facts.last_activity_at.as_nanosecond() / 1_000 / self.micros;
            self.signed(Column::Version, version - base);
            self.facts(facts);
        } else {
            self.signed(Column::Version, version - self.version);
        }
        self.version = version;
    }

    fn facts(&mut self, facts: &'a FactRow) {
        let created = self.ticks(facts.created_at);
        self.signed(Column::Created, created - self.created);
        self.created = created;
        self.time(Column::LastActivity, facts.last_activity_at, facts.created_at);
        self.put(Column::Status, code(Status::ALL, facts.status.as_ref()));
        self.put(Column::Priority, code(Priority::ALL, facts.priority.as_ref()));
        self.text_opt(Column::Channel, facts.channel_type.as_deref());
        self.text_opt(Column::Channel, facts.channel_id.as_deref());
        self.text_opt(Column::Contact, facts.contact_id.as_deref());
        self.text_opt(Column::Account, facts.account_id.as_deref());
        self.text_opt(Column::Assignee, facts.assignee_id.as_deref());
        self.text_opt(Column::Team, facts.team_id.as_deref());
        self.texts(Column::Tags, &facts.tags);
        self.pairs(Column::Custom, &facts.custom);
        self.pairs(Column::ContactCustom, &facts.contact_custom);

        self.put(Column::NotScored, code(NotScored::ALL, facts.not_scored.as_ref()));
        self.text_opt(Column::Language, facts.language.as_deref());
        self.put(Column::Sentiment, code(Sentiment::ALL, facts.sentiment.as_ref().map(|(label, _)| label)));
        self.score(Column::SentimentScore, facts.sentiment.map(|(_, score)| score));
        self.put(Column::Temperature, code(Temperature::ALL, facts.temperature.as_ref()));
        self.put(Column::Severity, code(Severity::ALL, facts.severity.as_ref()));
        self.score(Column::Pcsat, facts.pcsat);
        self.put(Column::Csat, facts.csat.len() as u128);
        for (rating, at) in &facts.csat {
            self.put(Column::Csat, u128::from(*rating));
            self.time(Column::Csat, *at, facts.last_activity_at);
        }
        self.put(Column::Churn, code(ChurnLevel::ALL, facts.churn.as_ref().map(|(level, _)| level)));
        self.score(Column::ChurnScore, facts.churn.map(|(_, score)| score));
        self.codes(Column::Warnings, WarningKind::ALL, &facts.warnings);
        self.put(Column::Intervention, code(TaskPriority::ALL, facts.intervention.as_ref()));
        self.put(Column::Topics, facts.topics.len() as u128);
        for (kind, area, name, polarity) in &facts.topics {
            self.put(Column::Topics, code(TagKind::ALL, Some(kind)));
            self.text(Column::Topics, area);
            self.text(Column::Topics, name);
            self.put(Column::Topics, code(Polarity::ALL, Some(polarity)));
        }
        self.texts(Column::Findings, &facts.friction);
        self.texts(Column::Findings, &facts.feature_requests);
        self.text_opt(Column::ContactReason, facts.contact_reason.as_deref());
        self.codes(Column::Growth, GrowthKind::ALL, &facts.growth);
        self.put(Column::Shares, facts.shares.len() as u128);
        for (agent, kind) in &facts.shares {
            self.text_opt(Column::Shares, agent.as_deref());
            self.text(Column::Shares, kind);
        }
        self.score(Column::Effort, facts.effort);
        self.score(Column::Complexity, facts.complexity);

        for state in [&facts.resolution, &facts.resolution_human, &facts.resolution_bot] {
            self.put(Column::Resolutions, code(ResolutionState::ALL, state.as_ref()));
        }
        self.put(Column::Closed, u128::from(facts.closed_count));
        self.put(Column::Closed, u128::from(facts.reopen_count));
        self.time_opt(Column::ClosedAt, facts.first_closed_at, facts.last_activity_at);
        self.time_opt(Column::ClosedAt, facts.last_closed_at, facts.first_closed_at.unwrap_or(facts.last_activity_at));
        self.duration(Column::FirstResponse, facts.first_response_human);
        self.duration(Column::FirstResponse, facts.first_response_bot);
        self.duration(Column::Handle, facts.handle_human);
        self.duration(Column::Handle, facts.handle_bot);
        self.duration(Column::ResolutionTime, facts.resolution_time);
        self.duration(Column::ResolutionTime, facts.resolution_time_human);
        self.time_opt(Column::Waiting, facts.waiting_since, facts.last_activity_at);
        let third = |met: Option<bool>| met.map_or(0, |met| 1 + u128::from(met));
        self.put(Column::Sla, third(facts.sla.0) + 3 * third(facts.sla.1));

        for count in [facts.customer_messages, facts.agent_messages, facts.bot_messages] {
            self.put(Column::Messages, u128::from(count));
        }
        self.put(Column::Agents, facts.agents.len() as u128);
        for agent in &facts.agents {
            self.agent(agent, facts.created_at);
        }
        self.put(Column::Matter, facts.matter.map_or(0, |placed| u128::from(placed.number) + 1));
        if let Some(placed) = facts.matter {
            self.put(Column::Matter, u128::from(placed.likeness));
        }
    }

    fn agent(&mut self, agent: &'a AgentFacts, created_at: Timestamp) {
        let number = self.word(&agent.id);
        self.put(Column::Agents, number);
        self.put(Column::Agents, code(AgentKind::ALL, Some(&agent.kind)));
        self.put(Column::AgentVolume, u128::from(agent.messages));
        self.put(Column::AgentVolume, u128::from(agent.words));
        self.put(Column::Replies, agent.reply_seconds.len() as u128);
        for seconds in &agent.reply_seconds {
            self.put(Column::Replies, u128::from(*seconds));
        }
        for skill in agent.skills {
            self.score(Column::Skills, skill);
        }
        for skill in agent.required {
            self.score(Column::Required, skill);
        }
        for count in agent.detections {
            self.put(Column::Detections, u128::from(count));
        }
        self.time(Column::AgentTimes, agent.first_at, created_at);
        self.time(Column::AgentTimes, agent.last_at, agent.first_at);
    }

    fn texts(&mut self, column: Column, texts: &'a [String]) {
        self.put(column, texts.len() as u128);
        for text in texts {
            self.text(column, text);
        }
    }

    fn pairs(&mut self, column: Column, pairs: &'a [(String, String)]) {
        self.put(column, pairs.len() as u128);
        for (name, value) in pairs {
            self.text(column, name);
            self.text(column, value);
        }
    }

    fn codes<T: PartialEq>(&mut self, column: Column, all: &[T], values: &[T]) {
        self.put(column, values.len() as u128);
        for value in values {
            self.put(column, code(all, Some(value)));
        }
    }

    fn finish(mut self) -> Vec<u8> {
        for (column, scores) in std::mem::take(&mut self.scores) {
            if let Some(out) = self.columns.get_mut(column) {
                scores.finish(out);
            }
        }
        let mut out = vec![FORMAT];
        for column in &self.columns {
            varint(&mut out, column.len() as u128);
            out.extend_from_slice(column);
        }
        out
    }
}

/// One column being read. A column that the block does not have gives 0 for ever.
#[derive(Clone, Copy, Default)]
struct Stream<'a> {
    left: &'a [u8],
    absent: bool,
}

impl<'a> Stream<'a> {
    fn get(&mut self) -> Result<u128, Corrupt> {
        if self.absent {
            return Ok(0);
        }
        let mut value = 0_u128;
        let mut shift = 0_u32;
        loop {
            let (byte, left) = self.left.split_first().ok_or(Corrupt("a column ends too early"))?;
            self.left = left;
            let bits = u128::from(byte & 0x7f);
            if shift > 126 || (shift == 126 && bits > 3) {
                return Err(Corrupt("a number is too large"));
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
            shift += 7;
        }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Corrupt> {
        let (taken, left) = self.left.split_at_checked(length).ok_or(Corrupt("a column ends too early"))?;
        self.left = left;
        Ok(taken)
    }

    fn text(&mut self) -> Result<&'a str, Corrupt> {
        let length = narrow(self.get()?)?;
        std::str::from_utf8(self.take(length)?).map_err(|_| Corrupt("a text is not UTF-8"))
    }
}

fn narrow<T: TryFrom<u128>>(value: u128) -> Result<T, Corrupt> {
    T::try_from(value).map_err(|_| Corrupt("a number is too large"))
}

/// The word of that code, which counts from 1; 0 = nothing.
fn word<T: Copy>(all: &[T], code: u128) -> Result<Option<T>, Corrupt> {
    let Some(index) = code.checked_sub(1) else { return Ok(None) };
    all.get(narrow::<usize>(index)?).copied().map(Some).ok_or(Corrupt("a word is unknown"))
}

fn required<T>(value: Option<T>) -> Result<T, Corrupt> {
    value.ok_or(Corrupt("something is missing"))
}

struct Reader<'a> {
    columns: [Stream<'a>; COLUMNS],
    words: Vec<&'a str>,
    batches: Vec<u128>,
    scales: HashMap<usize, f64>,
    nanos: i128,
    micros: i128,
    created: i128,
    version: i128,
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8]) -> Result<Self, Corrupt> {
        let (format, left) = bytes.split_first().ok_or(Corrupt("it is empty"))?;
        if *format != FORMAT {
            return Err(Corrupt("its version is unknown"));
        }
        let mut input = Stream { left, absent: false };
        let mut columns = [Stream { left: &[], absent: true }; COLUMNS];
        for column in &mut columns {
            if input.left.is_empty() {
                break;
            }
            let length = narrow(input.get()?)?;
            *column = Stream { left: input.take(length)?, absent: false };
        }
        let mut reader = Self {
            columns,
            words: Vec::new(),
            batches: Vec::new(),
            scales: HashMap::new(),
            nanos: 1,
            micros: 1,
            created: 0,
            version: 0,
        };
        while !reader.column(Column::Words).left.is_empty() {
            let word = reader.column(Column::Words).text()?;
            reader.words.push(word);
        }
        while !reader.column(Column::Batches).left.is_empty() {
            let batch = reader.get(Column::Batches)?;
            reader.batches.push(batch);
        }
        let unknown = Corrupt("a unit is unknown");
        let index: usize = narrow(reader.get(Column::Created)?)?;
        reader.nanos = NANOS.get(index).copied().ok_or(unknown.clone())?;
        let index: usize = narrow(reader.get(Column::Version)?)?;
        reader.micros = MICROS.get(index).copied().ok_or(unknown)?;
        Ok(reader)
    }

    fn column(&mut self, column: Column) -> &mut Stream<'a> {
        #[expect(clippy::indexing_slicing, reason = "the array has one stream per variant")]
        &mut self.columns[column as usize]
    }

    fn get(&mut self, column: Column) -> Result<u128, Corrupt> {
        self.column(column).get()
    }

    fn signed(&mut self, column: Column) -> Result<i128, Corrupt> {
        Ok(unzigzag(self.get(column)?))
    }

    fn number<T: TryFrom<u128>>(&mut self, column: Column) -> Result<T, Corrupt> {
        narrow(self.get(column)?)
    }

    /// A number of things that follow; each takes at least a byte somewhere in the block.
    fn count(&mut self, column: Column) -> Result<usize, Corrupt> {
        let count = self.number(column)?;
        let most: usize = self.columns.iter().map(|column| column.left.len()).sum();
        if count > most { Err(Corrupt("a count is too large")) } else { Ok(count) }
    }

    fn text_opt(&mut self, column: Column) -> Result<Option<String>, Corrupt> {
        let Some(index) = self.get(column)?.checked_sub(1) else { return Ok(None) };
        let word = self.words.get(narrow::<usize>(index)?).ok_or(Corrupt("a word is unknown"))?;
        Ok(Some((*word).to_owned()))
    }

    fn text(&mut self, column: Column) -> Result<String, Corrupt> {
        required(self.text_opt(column)?)
    }

    fn word<T: Copy>(&mut self, column: Column, all: &[T]) -> Result<Option<T>, Corrupt> {
        word(all, self.get(column)?)
    }

    fn words<T: Copy>(&mut self, column: Column, all: &[T]) -> Result<Vec<T>, Corrupt> {
        (0..self.count(column)?).map(|_| required(self.word(column, all)?)).collect()
    }

    fn texts(&mut self, column: Column) -> Result<Vec<String>, Corrupt> {
        (0..self.count(column)?).map(|_| self.text(column)).collect()
    }

    fn pairs(&mut self, column: Column) -> Result<Vec<(String, String)>, Corrupt> {
        (0..self.count(column)?).map(|_| Ok((self.text(column)?, self.text(column)?))).collect()
    }

    fn score(&mut self, column: Column) -> Result<Option<f64>, Corrupt> {
        let scale = if let Some(scale) = self.scales.get(&(column as usize)) {
            *scale
        } else {
            let decimals: usize = self.number(column)?;
            let scale = DECIMALS.get(decimals).copied().ok_or(Corrupt("a scale is unknown"))?;
            self.scales.insert(column as usize, scale);
            scale
        };
        match self.get(column)? {
            0 => Ok(None),
            1 => Ok(Some(f64::from_bits(self.number(column)?))),
            whole => {
                let whole = i64::try_from(unzigzag(whole - 2)).map_err(|_| Corrupt("a number is too large"))?;
                Ok(Some(unscaled(whole, scale)))
            }
        }
    }

    fn at(&self, ticks: Option<i128>) -> Result<Timestamp, Corrupt> {
        let nanos = ticks.and_then(|ticks| ticks.checked_mul(self.nanos)).ok_or(Corrupt("a time is out of range"))?;
        Timestamp::from_nanosecond(nanos).map_err(|_| Corrupt("a time is out of range"))
    }

    fn distance(&self, distance: i128, base: Timestamp) -> Result<Timestamp, Corrupt> {
        self.at((base.as_nanosecond() / self.nanos).checked_add(distance))
    }

    fn time(&mut self, column: Column, base: Timestamp) -> Result<Timestamp, Corrupt> {
        let distance = self.signed(column)?;
        self.distance(distance, base)
    }

    fn time_opt(&mut self, column: Column, base: Timestamp) -> Result<Option<Timestamp>, Corrupt> {
        let Some(distance) = self.get(column)?.checked_sub(1) else { return Ok(None) };
        self.distance(unzigzag(distance), base).map(Some)
    }

    fn duration(&mut self, column: Column) -> Result<Option<(u64, u64)>, Corrupt> {
        let Some(wall) = self.get(column)?.checked_sub(1) else { return Ok(None) };
        let wall: u64 = narrow(wall)?;
        let business = i128::from(wall).checked_sub(self.signed(Column::Business)?);
        let business = business.and_then(|business| u64::try_from(business).ok());
        Ok(Some((wall, business.ok_or(Corrupt("a duration is out of range"))?)))
    }

    fn entry(&mut self) -> Result<Entry, Corrupt> {
        let conversation_id = self.column(Column::Ids).text()?.to_owned();
        let batch = self.get(Column::Batch)?;
        let has_facts = batch & 1 == 1;
        let batch = *self.batches.get(narrow::<usize>(batch >> 1)?).ok_or(Corrupt("a batch is unknown"))?;
        let generation = self.number(Column::Generation)?;
        let distance = self.signed(Column::Version)?;
        let facts = if has_facts { Some(self.facts()?) } else { None };
        let base = match &facts {
            Some(facts) => facts.last_activity_at.as_nanosecond() / 1_000 / self.micros,
            None => self.version,
        };
        self.version = base.checked_add(distance).ok_or(Corrupt("a version is out of range"))?;
        let version = self.version.checked_mul(self.micros).and_then(|version| i64::try_from(version).ok());
        let version = version.ok_or(Corrupt("a version is out of range"))?;
        Ok(Entry { conversation_id, revision: Revision { generation, version, batch }, facts })
    }

    fn facts(&mut self) -> Result<FactRow, Corrupt> {
        let distance = self.signed(Column::Created)?;
        let created = self.created.checked_add(distance);
        let created_at = self.at(created)?;
        self.created = created.unwrap_or_default();
        let last_activity_at = self.time(Column::LastActivity, created_at)?;
        // The fields below are read in the order in which they were written: columns with several fields depend on it.
        let status = self.word(Column::Status, Status::ALL)?;
        let priority = self.word(Column::Priority, Priority::ALL)?;
        let channel_type = self.text_opt(Column::Channel)?;
        let channel_id = self.text_opt(Column::Channel)?;
        let contact_id = self.text_opt(Column::Contact)?;
        let account_id = self.text_opt(Column::Account)?;
        let assignee_id = self.text_opt(Column::Assignee)?;
        let team_id = self.text_opt(Column::Team)?;
        let tags = self.texts(Column::Tags)?;
        let custom = self.pairs(Column::Custom)?;
        let contact_custom = self.pairs(Column::ContactCustom)?;

        let not_scored = self.word(Column::NotScored, NotScored::ALL)?;
        let language = self.text_opt(Column::Language)?;
        let sentiment = self.word(Column::Sentiment, Sentiment::ALL)?.zip(self.score(Column::SentimentScore)?);
        let temperature = self.word(Column::Temperature, Temperature::ALL)?;
        let severity = self.word(Column::Severity, Severity::ALL)?;
        let pcsat = self.score(Column::Pcsat)?;
        let mut csat = Vec::new();
        for _ in 0..self.count(Column::Csat)? {
            csat.push((self.number(Column::Csat)?, self.time(Column::Csat, last_activity_at)?));
        }
        let churn = self.word(Column::Churn, ChurnLevel::ALL)?.zip(self.score(Column::ChurnScore)?);
        let warnings = self.words(Column::Warnings, WarningKind::ALL)?;
        let intervention = self.word(Column::Intervention, TaskPriority::ALL)?;
        let mut topics = Vec::new();
        for _ in 0..self.count(Column::Topics)? {
            topics.push((
                required(self.word(Column::Topics, TagKind::ALL)?)?,
                self.text(Column::Topics)?,
                self.text(Column::Topics)?,
                required(self.word(Column::Topics, Polarity::ALL)?)?,
            ));
        }
        let friction = self.texts(Column::Findings)?;
        let feature_requests = self.texts(Column::Findings)?;
        let contact_reason = self.text_opt(Column::ContactReason)?;
        let growth = self.words(Column::Growth, GrowthKind::ALL)?;
        let mut shares = Vec::new();
        for _ in 0..self.count(Column::Shares)? {
            shares.push((self.text_opt(Column::Shares)?, self.text(Column::Shares)?));
        }
        let effort = self.score(Column::Effort)?;
        let complexity = self.score(Column::Complexity)?;

        let resolution = self.word(Column::Resolutions, ResolutionState::ALL)?;
        let resolution_human = self.word(Column::Resolutions, ResolutionState::ALL)?;
        let resolution_bot = self.word(Column::Resolutions, ResolutionState::ALL)?;
        let closed_count = self.number(Column::Closed)?;
        let reopen_count = self.number(Column::Closed)?;
        let first_closed_at = self.time_opt(Column::ClosedAt, last_activity_at)?;
        let last_closed_at = self.time_opt(Column::ClosedAt, first_closed_at.unwrap_or(last_activity_at))?;
        let first_response_human = self.duration(Column::FirstResponse)?;
        let first_response_bot = self.duration(Column::FirstResponse)?;
        let handle_human = self.duration(Column::Handle)?;
        let handle_bot = self.duration(Column::Handle)?;
        let resolution_time = self.duration(Column::ResolutionTime)?;
        let resolution_time_human = self.duration(Column::ResolutionTime)?;
        let waiting_since = self.time_opt(Column::Waiting, last_activity_at)?;
        let sla = self.get(Column::Sla)?;
        let met = |third: u128| [None, Some(false), Some(true)].get(usize::try_from(third).unwrap_or(9)).copied();
        let sla = met(sla % 3).zip(met(sla / 3)).ok_or(Corrupt("a target is unknown"))?;

        let customer_messages = self.number(Column::Messages)?;
        let agent_messages = self.number(Column::Messages)?;
        let bot_messages = self.number(Column::Messages)?;
        let agents = (0..self.count(Column::Agents)?).map(|_| self.agent(created_at)).collect::<Result<_, _>>()?;
        let matter = match self.get(Column::Matter)?.checked_sub(1) {
            Some(number) => Some(Placed { number: narrow(number)?, likeness: self.number(Column::Matter)? }),
            None => None,
        };
        Ok(FactRow {
            created_at,
            last_activity_at,
            status,
            priority,
            channel_type,
            channel_id,
            contact_id,
            account_id,
            assignee_id,
            team_id,
            tags,
            custom,
            contact_custom,
            not_scored,
            language,
            sentiment,
            temperature,
            severity,
            pcsat,
            csat,
            churn,
            warnings,
            intervention,
            topics,
            friction,
            feature_requests,
            contact_reason,
            growth,
            shares,
            effort,
            complexity,
            resolution,
            resolution_human,
            resolution_bot,
            closed_count,
            reopen_count,
            first_closed_at,
            last_closed_at,
            first_response_human,
            first_response_bot,
            handle_human,
            handle_bot,
            resolution_time,
            resolution_time_human,
            waiting_since,
            sla,
            customer_messages,
            agent_messages,
            bot_messages,
            agents,
            matter,
        })
    }

    fn agent(&mut self, created_at: Timestamp) -> Result<AgentFacts, Corrupt> {
        let id = self.text(Column::Agents)?;
        let kind = required(self.word(Column::Agents, AgentKind::ALL)?)?;
        let messages = self.number(Column::AgentVolume)?;
        let words = self.number(Column::AgentVolume)?;
        let reply_seconds = (0..self.count(Column::Replies)?).map(|_| self.number(Column::Replies));
        let reply_seconds = reply_seconds.collect::<Result<_, _>>()?;
        let mut skills = [None; 6];
        for skill in &mut skills {
            *skill = self.score(Column::Skills)?;
        }
        let mut required = [None; 6];
        for skill in &mut required {
            *skill = self.score(Column::Required)?;
        }
        let mut detections = [0; 3];
        for count in &mut detections {
            *count = self.number(Column::Detections)?;
        }
        let first_at = self.time(Column::AgentTimes, created_at)?;
        let last_at = self.time(Column::AgentTimes, first_at)?;
        Ok(AgentFacts { id, kind, messages, words, reply_seconds, skills, required, detections, first_at, last_at })
    }
}

#[cfg(test)]
#[path = "block_tests.rs"]
mod tests;
