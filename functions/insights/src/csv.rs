//! Lines of a report as CSV (RFC 4180): one column a value, nested fields joined by dots, lists as JSON in one cell.

use std::fmt;

use domain::insights::report::Row;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// JSON with its fields in the order in which they were written.
enum Tree {
    Leaf(String),
    List(Vec<String>),
    Object(Vec<(String, Tree)>),
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Leaves)
    }
}

struct Leaves;

impl<'de> Visitor<'de> for Leaves {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Leaf(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::Leaf(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Tree, E> {
        Ok(Tree::Leaf(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Tree, E> {
        Ok(Tree::Leaf(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Tree, E> {
        Ok(Tree::Leaf(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Leaf(String::new()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Tree, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element::<serde_json::Value>()? {
            list.push(item.to_string());
        }
        Ok(Tree::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Tree, A::Error> {
        let mut object = Vec::new();
        while let Some(field) = fields.next_entry()? {
            object.push(field);
        }
        Ok(Tree::Object(object))
    }
}

fn flatten(name: &str, tree: Tree, cells: &mut Vec<(String, String)>) {
    match tree {
        Tree::Leaf(text) => cells.push((name.to_owned(), text)),
        Tree::List(items) if items.is_empty() => cells.push((name.to_owned(), String::new())),
        Tree::List(items) => cells.push((name.to_owned(), format!("[{}]", items.join(",")))),
        Tree::Object(fields) => {
            for (field, tree) in fields {
                let name = if name.is_empty() { field } else { format!("{name}.{field}") };
                flatten(&name, tree, cells);
            }
        }
    }
}

fn cells(row: &impl Row) -> Vec<(String, String)> {
    let mut cells = Vec::new();
    let text = serde_json::to_string(row).unwrap_or_default();
    if let Ok(tree) = serde_json::from_str::<Tree>(&text) {
        flatten("", tree, &mut cells);
    }
    cells
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

/// The lines under a header; without lines, the header alone. `periods` name the tables in a first column when there are several.
pub(crate) fn write<R: Row>(tables: &[(&str, &[R])], named: bool) -> String {
    let mut header: Vec<String> = cells(&R::default()).into_iter().map(|(name, _)| name).collect();
    let lines: Vec<(&str, Vec<(String, String)>)> =
        tables.iter().flat_map(|(period, rows)| rows.iter().map(|row| (*period, cells(row)))).collect();
    for (name, _) in lines.iter().flat_map(|(_, cells)| cells) {
        if !header.contains(name) {
            header.push(name.clone());
        }
    }
    let mut text = String::new();
    let mut line = |period: Option<&str>, cells: &mut dyn Iterator<Item = String>| {
        let all: Vec<String> = period.map(str::to_owned).into_iter().chain(cells).map(|cell| quoted(&cell)).collect();
        text.push_str(&all.join(","));
        text.push_str("\r\n");
    };
    line(named.then_some("period"), &mut header.iter().cloned());
    for (period, cells) in lines {
        let of = |name: &String| cells.iter().find(|(known, _)| known == name).map(|(_, text)| text.clone());
        line(named.then_some(period), &mut header.iter().map(|name| of(name).unwrap_or_default()));
    }
    text
}
