//! Numbers of an analysis into what callers see: spans become evidence with quotes, message indexes become message ids.

use domain::analysis::{ConversationAnalysis, Evidence, Span};
use domain::conversation::Conversation;
use serde_json::Value;

/// The analysis as JSON, its references resolved against the conversation. Without the conversation (its text is past retention)
/// evidence is empty and references to messages are `null`.
pub(crate) fn resolved(analysis: &ConversationAnalysis, conversation: Option<&Conversation>) -> Value {
    let mut value = serde_json::to_value(analysis).unwrap_or_default();
    resolve(&mut value, conversation);
    value
}

/// Removes every list of evidence.
pub(crate) fn without_evidence(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.remove("evidence");
            map.remove("quotes");
            map.values_mut().for_each(without_evidence);
        }
        Value::Array(items) => items.iter_mut().for_each(without_evidence),
        _ => {}
    }
}

fn resolve(value: &mut Value, conversation: Option<&Conversation>) {
    match value {
        Value::Object(map) => {
            for (name, field) in map.iter_mut() {
                match (name.as_str(), &mut *field) {
                    ("evidence" | "quotes", Value::Array(spans)) => {
                        *spans = spans.iter().filter_map(|span| evidence(span, conversation?)).collect();
                    }
                    ("message_id", Value::Number(_)) => *field = message_id(field, conversation),
                    ("customer_message_ids" | "reply_ids", Value::Array(indexes)) => {
                        for index in indexes {
                            *index = message_id(index, conversation);
                        }
                    }
                    _ => resolve(field, conversation),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| resolve(item, conversation)),
        _ => {}
    }
}

fn index(value: &Value) -> Option<usize> {
    usize::try_from(value.as_u64()?).ok()
}

fn message_id(value: &Value, conversation: Option<&Conversation>) -> Value {
    let message = conversation.zip(index(value)).and_then(|(conversation, index)| conversation.messages.get(index));
    message.map(|message| Value::from(message.id.clone())).unwrap_or_default()
}

fn evidence(span: &Value, conversation: &Conversation) -> Option<Value> {
    let number = |name: &str| u32::try_from(span.get(name)?.as_u64()?).ok();
    let span = Span { message: number("message")?, start: number("start")?, end: number("end")? };
    serde_json::to_value(of_span(span, conversation)?).ok()
}

/// What a span stands for; `None` when it points outside the conversation.
pub(crate) fn of_span(span: Span, conversation: &Conversation) -> Option<Evidence> {
    let message = conversation.messages.get(usize::try_from(span.message).ok()?)?;
    let length = usize::try_from(span.end.checked_sub(span.start)?).ok()?;
    let quote: String = message.body.chars().skip(usize::try_from(span.start).ok()?).take(length).collect();
    let (conversation_uid, message_id) = (conversation.id.clone(), message.id.clone());
    Some(Evidence { conversation_uid, message_id, start: span.start, end: span.end, quote })
}
