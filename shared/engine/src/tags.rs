//! Tags, offers and competitors of the tenant, the contact reason, and the built-in ones where the tenant has none.

use domain::analysis::{ContactReason, Polarity, Span, Tag, round3};
use domain::settings::{Settings, TagKind};
use language::{IntentModel, Taxonomy};

use crate::feelings::Feeling;
use crate::reading::{EVIDENCE, Reading, Voice};

/// The tenant's lists, compiled.
#[derive(Debug)]
pub(crate) struct Lists {
    tags: Vec<(TagKind, String, String)>,
    taxonomy: Taxonomy,
    offers: Vec<String>,
    offer_phrases: Taxonomy,
    rivals: Taxonomy,
    has_rivals: bool,
}

impl Lists {
    pub(crate) fn of(settings: &Settings) -> Self {
        let named = |name: &str, phrases: &[String]| language::Tag { name: name.to_owned(), phrases: phrases.to_vec() };
        let tags: Vec<_> = settings.taxonomy.iter().map(|tag| named(&tag.name, &tag.phrases)).collect();
        let offers: Vec<_> = settings.growth_offers.iter().map(|offer| named(&offer.name, &offer.phrases)).collect();
        let rivals: Vec<_> = settings.competitors.iter().map(|name| named(name, &[])).collect();
        Self {
            tags: settings.taxonomy.iter().map(|tag| (tag.kind, tag.area.clone(), tag.name.clone())).collect(),
            taxonomy: Taxonomy::new(&tags),
            offers: settings.growth_offers.iter().map(|offer| offer.name.clone()).collect(),
            offer_phrases: Taxonomy::new(&offers),
            rivals: Taxonomy::new(&rivals),
            has_rivals: !rivals.is_empty(),
        }
    }
}

/// A tag found, with the messages it was found in.
struct Found {
    confidence: f64,
    spans: Vec<Span>,
    messages: Vec<usize>,
}

/// Looks a taxonomy up in the customer's messages; one entry per tag, none when not found.
fn look_up(reading: &Reading, taxonomy: &Taxonomy, count: usize) -> Vec<Option<Found>> {
    let mut found: Vec<Option<Found>> = (0..count).map(|_| None).collect();
    if count == 0 {
        return found;
    }
    for (message, read) in reading.by_customer() {
        for hit in taxonomy.classify(read.text()) {
            let Some(slot) = found.get_mut(hit.tag) else { continue };
            let entry = slot.get_or_insert_with(|| Found { confidence: 0.0, spans: Vec::new(), messages: Vec::new() });
            entry.confidence = entry.confidence.max(f64::from(hit.confidence));
            entry.messages.push(message);
            for range in hit.evidence {
                if entry.spans.len() < EVIDENCE {
                    entry.spans.extend(reading.bytes_span(message, range));
                }
            }
        }
    }
    for entry in found.iter_mut().flatten() {
        entry.spans.sort_unstable();
        entry.spans.dedup();
    }
    found
}

/// The tenant's tags that the customer speaks of; polarity is the feeling of the messages that do.
pub(crate) fn tags(reading: &Reading, lists: &Lists, feelings: &[Feeling]) -> Vec<Tag> {
    look_up(reading, &lists.taxonomy, lists.tags.len())
        .into_iter()
        .zip(&lists.tags)
        .filter_map(|(found, (kind, area, name))| {
            let found = found?;
            let own: Vec<Feeling> = feelings
                .iter()
                .filter(|feeling| found.messages.binary_search(&feeling.message).is_ok())
                .copied()
                .collect();
            let mood = crate::feelings::mean(&own).unwrap_or(0.0);
            let polarity = match crate::feelings::label(mood) {
                domain::analysis::Sentiment::Angry => Polarity::Negative,
                domain::analysis::Sentiment::Neutral => Polarity::Neutral,
                domain::analysis::Sentiment::Happy => Polarity::Positive,
            };
            Some(Tag {
                kind: *kind,
                area: area.clone(),
                name: name.clone(),
                polarity,
                confidence: round3(found.confidence),
                evidence: found.spans,
            })
        })
        .collect()
}

/// Offers that the customer speaks of.
pub(crate) fn offers(reading: &Reading, lists: &Lists) -> Vec<(String, Vec<Span>)> {
    let found = look_up(reading, &lists.offer_phrases, lists.offers.len());
    found.into_iter().zip(&lists.offers).filter_map(|(found, name)| Some((name.clone(), found?.spans))).collect()
}

/// Where the customer names a competitor.
pub(crate) fn rivals(reading: &Reading, lists: &Lists, count: usize) -> Vec<Span> {
    if !lists.has_rivals {
        return Vec::new();
    }
    let mut spans: Vec<Span> =
        look_up(reading, &lists.rivals, count).into_iter().flatten().flat_map(|found| found.spans).collect();
    spans.sort_unstable();
    spans
}

/// A built-in intent must be likelier than not: the models were made from other trades, and a reason that is not the customer's is
/// worse than none.
const LEAST_CONFIDENCE: f32 = 0.5;

/// Classes of the intent sets that are no reason to write to anybody: the acts of any dialogue, and talk with the assistant about itself.
/// Sorted.
const NO_REASON: &[&str] = &[
    "are_you_a_bot",
    "change_accent",
    "change_ai_name",
    "change_speed",
    "change_volume",
    "closinggreeting",
    "confirmation",
    "contentonly",
    "do_you_have_pets",
    "flip_coin",
    "fun_fact",
    "goodbye",
    "greeting",
    "how_old_are_you",
    "maybe",
    "meaning_of_life",
    "no",
    "openinggreeting",
    "outofdomain",
    "rejection",
    "repeat",
    "roll_dice",
    "tell_joke",
    "thank_you",
    "thankyou",
    "user_name",
    "what_are_your_hobbies",
    "what_can_i_ask_you",
    "what_is_your_name",
    "where_are_you_from",
    "whisper_mode",
    "who_do_you_work_for",
    "who_made_you",
    "yes",
];

/// Why the customer wrote: the surest of the tenant's tags in the opening, else a built-in intent of the first substantial
/// message that shows one clearly.
pub(crate) fn contact_reason(reading: &Reading, lists: &Lists) -> Option<ContactReason> {
    let first = reading.messages.iter().position(|read| read.voice == Voice::Customer)?;
    let replied = reading.messages.iter().skip(first).position(|read| read.voice.answers());
    let opening = first..replied.map_or(reading.messages.len(), |offset| first + offset);
    for message in opening.clone().filter(|_| !lists.tags.is_empty()) {
        let Some(read) = reading.messages.get(message).filter(|read| read.voice == Voice::Customer) else { continue };
        let matches = lists.taxonomy.classify(read.text());
        let Some(best) = matches.first() else { continue };
        let Some((_, _, name)) = lists.tags.get(best.tag) else { continue };
        let evidence = best.evidence.first().and_then(|range| reading.bytes_span(message, range.clone()));
        return Some(ContactReason {
            name: name.clone(),
            source: "taxonomy".to_owned(),
            confidence: round3(f64::from(best.confidence)),
            evidence: evidence.into_iter().collect(),
        });
    }
    let substantial = opening.clone().filter(|index| {
        reading.messages.get(*index).is_some_and(|read| read.voice == Voice::Customer && read.words >= 3)
    });
    for message in substantial {
        let text = reading.messages.get(message).map_or("", |read| read.text());
        let best = [IntentModel::Service, IntentModel::Banking, IntentModel::Assistant]
            .into_iter()
            .filter_map(|model| language::intent(text, model))
            .filter(|intent| intent.confidence >= LEAST_CONFIDENCE)
            .max_by(|a, b| a.confidence.total_cmp(&b.confidence).then(b.name.cmp(a.name)));
        // An act that is surer than any reason rules them out: models without a class for greetings are confident about them too.
        if let Some(intent) = best.filter(|intent| NO_REASON.binary_search(&intent.name).is_err()) {
            return Some(ContactReason {
                name: intent.name.to_owned(),
                source: "intent_model".to_owned(),
                confidence: round3(f64::from(intent.confidence)),
                evidence: reading.sentences_of(message).first().and_then(|s| reading.span(s)).into_iter().collect(),
            });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use domain::analysis::ContactReason;
    use domain::settings::Settings;

    use super::NO_REASON;
    use crate::fixture::conversation;

    fn reason(text: &str) -> Option<ContactReason> {
        let analysed = crate::Engine::new()
            .analyser(&Settings::default())
            .analyse(&conversation(&[("c", 0, text), ("a", 1, "Let me look into that for you.")]));
        analysed.contact_reason
    }

    #[test]
    fn a_dialogue_act_is_no_reason_to_write() {
        assert!(NO_REASON.is_sorted());
        for text in [
            "Good morning, how are you?",
            "Thank you so much for that.",
            "No, that is not what I said.",
            "Tell me a joke please",
        ] {
            assert_eq!(reason(text), None, "{text}");
        }
        let found = reason("My card still has not arrived in the mail").unwrap();
        assert_eq!((&*found.name, &*found.source), ("card_arrival", "intent_model"));
    }
}
