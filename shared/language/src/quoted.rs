//! Which lines of a message are new, and which are somebody's earlier words, a signature or code.
//!
//! A rule takes text away only when its form is unmistakable; in doubt a line is new, because a lost complaint costs
//! more than a quoted one. Two passes over the lines, each linear.

use std::ops::Range;

use crate::html::Mark;
use crate::reduce::Kind;

/// A line with its line end.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) range: Range<usize>,
    pub(crate) kind: Kind,
}

/// Longest line that can be a header, an attribution or a part of a signature (bytes).
const SHORT: usize = 200;

/// Gives each line of the visible text its kind; `marks` are what the markup says.
pub(crate) fn classify(text: &str, marks: &[Mark]) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut forced: Vec<bool> = Vec::new();
    let mut start = 0;
    let mut marks = marks.iter().peekable();
    let mut current = None;
    for piece in text.split_inclusive('\n') {
        while let Some(mark) = marks.next_if(|mark| mark.at <= start) {
            current = mark.kind;
        }
        lines.push(Line { range: start..start + piece.len(), kind: current.unwrap_or(Kind::New) });
        forced.push(current.is_some());
        start += piece.len();
    }
    let texts: Vec<&str> = lines.iter().map(|line| text.get(line.range.clone()).unwrap_or("").trim()).collect();
    let kinds = kinds(&texts, &lines, &forced);
    for (line, kind) in lines.iter_mut().zip(kinds) {
        line.kind = kind;
    }
    lines
}

fn kinds(texts: &[&str], lines: &[Line], forced: &[bool]) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = lines.iter().map(|line| line.kind).collect();
    let free = |index: usize| forced.get(index) == Some(&false);
    let mut index = 0;
    let mut fence: Option<&str> = None;
    // A thread without `>` marks runs from its divider to the end.
    let mut divider: Option<usize> = None;
    while let Some(text) = texts.get(index) {
        let mut step = 1;
        if free(index) {
            if let Some(mark) = fence {
                set(&mut kinds, index, Kind::Code);
                if text.starts_with(mark) {
                    fence = None;
                }
            } else if let Some(mark) = fence_of(text)
                && texts.iter().skip(index + 1).any(|line| line.starts_with(mark))
            {
                set(&mut kinds, index, Kind::Code);
                fence = Some(mark);
            } else if is_marked_quote(text) {
                set(&mut kinds, index, Kind::Quote);
            } else if is_stack_frame(text) {
                set(&mut kinds, index, Kind::Code);
            } else if let Some(length) = attribution(texts, index) {
                let next = texts.iter().skip(index + length).find(|line| !line.is_empty());
                for line in index..index + length {
                    set(&mut kinds, line, Kind::Attribution);
                }
                step = length;
                let marked_below = next.is_some_and(|line| is_marked_quote(line));
                let quoted_below = kinds.get(index + length..).and_then(|rest| {
                    rest.iter()
                        .zip(texts.iter().skip(index + length))
                        .find(|(_, line)| !line.is_empty())
                        .map(|(kind, _)| *kind)
                }) == Some(Kind::Quote);
                if !marked_below && !quoted_below && next.is_some() {
                    divider = Some(index);
                    break;
                }
            } else if is_divider(text) || is_header_block(texts, index) {
                divider = Some(index);
                break;
            }
        }
        index += step;
    }
    if let Some(divider) = divider {
        // A divider with nothing new above it is a forward, or a text that only looks like one: then nothing is eaten.
        let new_above =
            kinds.iter().zip(texts).take(divider).any(|(kind, text)| *kind == Kind::New && !text.is_empty());
        let unmistakable = texts.get(divider).is_some_and(|text| is_divider(text)) || is_header_block(texts, divider);
        let mut header = true;
        for line in divider..texts.len() {
            let text = texts.get(line).copied().unwrap_or("");
            if !new_above && !unmistakable {
                if kinds.get(line) == Some(&Kind::Attribution) {
                    set(&mut kinds, line, Kind::New);
                }
                continue;
            }
            header = header
                && (line == divider
                    || is_header_line(text)
                    || is_divider(text)
                    || kinds.get(line) == Some(&Kind::Attribution));
            set(&mut kinds, line, if header { Kind::Attribution } else { Kind::Quote });
        }
    }
    signature(&mut kinds, texts, forced);
    join_blank(&mut kinds, texts);
    kinds
}

fn set(kinds: &mut [Kind], index: usize, kind: Kind) {
    if let Some(slot) = kinds.get_mut(index) {
        *slot = kind;
    }
}

/// Blank lines belong to what stands above them, so that a quote is one segment.
fn join_blank(kinds: &mut [Kind], texts: &[&str]) {
    let mut above = None;
    for (kind, text) in kinds.iter_mut().zip(texts) {
        if text.is_empty() {
            *kind = above.unwrap_or(*kind);
        } else {
            above = Some(*kind);
        }
    }
}

fn fence_of(text: &str) -> Option<&'static str> {
    ["```", "~~~"].into_iter().find(|mark| text.starts_with(mark) && !text.get(3..).unwrap_or("").contains(*mark))
}

/// `> quoted`, `>> twice`, `| quoted`; not `>:(`, `>.<` or `>_<`.
fn is_marked_quote(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('>') else { return false };
    !matches!(rest.chars().next(), Some(':' | ';' | '.' | '_' | '=' | '<' | '-' | 'o' | 'O' | '3'))
        || (rest.len() > 3 && !rest.starts_with([':', ';', '_', '=']))
}

/// A frame of a stack trace as Java, JavaScript, Python and .NET print them.
fn is_stack_frame(text: &str) -> bool {
    if text.len() > 400 {
        return false;
    }
    let located = text.ends_with(')')
        && (text.contains(".java:") || text.contains(".js:") || text.contains(".ts:") || text.contains(".kt:"));
    (text.starts_with("at ") && (located || (text.contains('.') && text.contains('(') && !text.contains(". "))))
        || (text.starts_with("File \"") && text.contains(", line "))
        || text == "Traceback (most recent call last):"
}

/// Reply headers: `On … wrote:` and its like; the number of lines it takes (mail clients wrap it).
fn attribution(texts: &[&str], index: usize) -> Option<usize> {
    const OPENERS: [&str; 22] = [
        "on ", "am ", "le ", "el ", "il ", "em ", "op ", "den ", "pe ", "w dniu ", "dnia ", "dne ", "em ", "a ",
        "no dia ", "dňa ", "vào ", "pada ", "în ", "на ", "ons ", "fre",
    ];
    const VERBS: [&str; 34] = [
        "wrote",
        "schrieb",
        "a écrit",
        "escribió",
        "ha scritto",
        "scrisse",
        "escreveu",
        "schreef",
        "geschreven",
        "skrev",
        "napisał",
        "napisała",
        "napisał(a)",
        "pisze",
        "napsal",
        "napsal(a)",
        "napísal",
        "kirjoitti",
        "írta",
        "a scris",
        "yazdı",
        "написал",
        "написала",
        "написал(а)",
        "пишет",
        "написав",
        "написав(ла)",
        "έγραψε",
        "viết",
        "menulis",
        "のメール",
        "書きました",
        "写道",
        "작성",
    ];
    let first = texts.get(index)?;
    if first.len() > SHORT || first.is_empty() {
        return None;
    }
    let mut joined = String::new();
    for length in 1..=3 {
        let line = texts.get(index + length - 1)?;
        if line.is_empty() || line.len() > SHORT || is_marked_quote(line) {
            return None;
        }
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.push_str(line);
        if line.ends_with(':') || line.ends_with('：') {
            let lower = joined.to_lowercase();
            let head = lower.trim_end_matches([':', '：']).trim_end();
            let said =
                VERBS.iter().any(|verb| head.ends_with(verb) || (lower.len() < 160 && contains_word(head, verb)));
            let addressed = joined.contains('@') || joined.contains('<');
            let clocked = has_clock(&joined) || has_year(&joined);
            let opened = OPENERS.iter().any(|opener| lower.starts_with(opener))
                || lower.chars().next().is_some_and(|letter| letter.is_ascii_digit());
            // A sentence right above a header is not the beginning of it.
            let new_above = length > 1 && !opened && attribution(texts, index + 1).is_some();
            return (said && !new_above && (addressed || (opened && clocked))).then_some(length);
        }
    }
    None
}

fn contains_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, found)| {
        let before = text.get(..at).and_then(|head| head.chars().next_back());
        let after = text.get(at + found.len()..).and_then(|tail| tail.chars().next());
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

/// A time of day such as `10:42`.
fn has_clock(text: &str) -> bool {
    text.as_bytes().windows(4).any(|window| match window {
        [first, b':' | b'.' | b'h', second, third] => [first, second, third].iter().all(|byte| byte.is_ascii_digit()),
        _ => false,
    })
}

/// A year from 1990 to 2099.
fn has_year(text: &str) -> bool {
    text.split(|letter: char| !letter.is_ascii_digit())
        .any(|number| number.len() == 4 && (number.starts_with("199") || number.starts_with("20")))
}

/// `-----Original Message-----` and its translations, the line of a forward, a "reply above this line" marker.
fn is_divider(text: &str) -> bool {
    const NAMES: [&str; 30] = [
        "original message",
        "original appointment",
        "forwarded message",
        "begin forwarded message",
        "reply message",
        "ursprüngliche nachricht",
        "weitergeleitete nachricht",
        "originalnachricht",
        "message d'origine",
        "message original",
        "message transféré",
        "mensaje original",
        "mensaje reenviado",
        "messaggio originale",
        "messaggio inoltrato",
        "mensagem original",
        "mensagem encaminhada",
        "oorspronkelijk bericht",
        "doorgestuurd bericht",
        "ursprungligt meddelande",
        "oprindelig meddelelse",
        "opprinnelig melding",
        "alkuperäinen viesti",
        "oryginalna wiadomość",
        "původní zpráva",
        "исходное сообщение",
        "пересылаемое сообщение",
        "orijinal mesaj",
        "元のメッセージ",
        "原始邮件",
    ];
    if text.is_empty() || text.len() > SHORT {
        return false;
    }
    let lower = text.to_lowercase();
    let inner = lower.trim_matches(|letter: char| matches!(letter, '-' | '_' | '=' | '*' | '—' | '–' | ' '));
    let ruled = lower.len() >= inner.len() + 4;
    if ruled && NAMES.iter().any(|name| inner.starts_with(name) && inner.len() <= name.len() + 12) {
        return true;
    }
    inner == "begin forwarded message:"
        || lower.contains("please type your reply above this line")
        || lower.contains("reply above this line")
        || lower.contains("write above this line")
}

const HEADERS: [&[&str]; 4] = [
    &[
        "from",
        "von",
        "de",
        "da",
        "van",
        "från",
        "fra",
        "od",
        "от",
        "od kogo",
        "gönderen",
        "kimden",
        "lähettäjä",
        "feladó",
        "από",
        "差出人",
        "发件人",
        "寄件者",
        "보낸 사람",
        "від",
    ],
    &[
        "sent",
        "date",
        "gesendet",
        "datum",
        "envoyé",
        "enviado",
        "enviado el",
        "fecha",
        "inviato",
        "data",
        "verzonden",
        "skickat",
        "sendt",
        "dato",
        "wysłano",
        "odesláno",
        "отправлено",
        "дата",
        "tarih",
        "lähetetty",
        "送信日時",
        "日時",
        "发送时间",
        "보낸 날짜",
        "надіслано",
    ],
    &[
        "to",
        "an",
        "à",
        "para",
        "a",
        "aan",
        "till",
        "til",
        "do",
        "komu",
        "кому",
        "alıcı",
        "kime",
        "vastaanottaja",
        "宛先",
        "收件人",
        "받는 사람",
        "cc",
        "kopie",
    ],
    &[
        "subject",
        "betreff",
        "objet",
        "asunto",
        "oggetto",
        "assunto",
        "onderwerp",
        "ämne",
        "emne",
        "temat",
        "předmět",
        "тема",
        "konu",
        "aihe",
        "件名",
        "主题",
        "제목",
    ],
];

/// Which header a line is (`From: …` = 0, sent, to, subject), if any.
fn header_of(text: &str) -> Option<usize> {
    if text.len() > 400 {
        return None;
    }
    let text = text.trim_start_matches('*');
    let (name, value) = text.split_once(':').or_else(|| text.split_once('：'))?;
    let name = name.trim_end_matches('*').trim();
    if name.len() > 32 || value.trim().is_empty() {
        return None;
    }
    let name = name.to_lowercase();
    HEADERS.iter().position(|names| names.contains(&name.as_str()))
}

fn is_header_line(text: &str) -> bool {
    text.is_empty() || header_of(text).is_some() || text.chars().all(|letter| matches!(letter, '_' | '-'))
}

/// An Outlook header block: `From:` and then, within four lines, two of sent, to and subject.
fn is_header_block(texts: &[&str], index: usize) -> bool {
    let Some(first) = texts.get(index) else { return false };
    if header_of(first) != Some(0) {
        return false;
    }
    let mut seen = [false; 4];
    for line in texts.iter().skip(index + 1).take(5) {
        if let Some(header) = header_of(line)
            && let Some(slot) = seen.get_mut(header)
        {
            *slot = true;
        }
    }
    seen.iter().skip(1).filter(|found| **found).count() >= 2
}

/// Sets signatures aside: they end the new text, or stand right above a quote.
fn signature(kinds: &mut [Kind], texts: &[&str], forced: &[bool]) {
    let mut start = 0;
    while start < kinds.len() {
        if kinds.get(start) != Some(&Kind::New) {
            start += 1;
            continue;
        }
        let length = kinds.iter().skip(start).take_while(|kind| **kind == Kind::New).count();
        sign(kinds, texts, forced, start..start + length);
        start += length;
    }
}

fn sign(kinds: &mut [Kind], texts: &[&str], forced: &[bool], block: Range<usize>) {
    let Some(lines) = texts.get(block.clone()) else { return };
    let Some(last) = lines.iter().rposition(|line| !line.is_empty()) else { return };
    let has_text = |upto: usize| lines.iter().take(upto).any(|line| !line.is_empty());
    let mut cut = last + 1;
    // The delimiter of RFC 3676, also without its trailing space; nothing longer than a signature hides below it.
    if let Some(found) = lines.iter().rposition(|line| *line == "--" || *line == "—" || *line == "__")
        && has_text(found)
        && last - found <= 15
        && lines.iter().skip(found + 1).all(|line| line.len() <= SHORT)
    {
        cut = found;
    }
    // Footers of mail programs and legal notices, from the end upwards.
    while let Some(found) = lines.iter().take(cut).rposition(|line| !line.is_empty()) {
        if is_footer(lines.get(found).copied().unwrap_or("")) {
            cut = found;
        } else {
            break;
        }
    }
    if let Some(found) = lines.iter().take(cut).position(|line| is_disclaimer(line))
        && has_text(found)
    {
        cut = found;
    }
    // A closing ("Kind regards,") with nothing but a contact block below it.
    let lowest =
        lines.iter().take(cut).enumerate().filter(|(_, line)| !line.is_empty()).map(|(at, _)| at).collect::<Vec<_>>();
    for (below, at) in lowest.iter().rev().enumerate().take(9) {
        let Some(line) = lines.get(*at) else { break };
        if let Some(keeps) = closing(line) {
            let contact = lowest.iter().rev().take(below).all(|at| lines.get(*at).is_some_and(|line| is_contact(line)));
            let keeps = keeps || !has_text(*at);
            if contact && (below > 0 || !keeps) {
                cut = if keeps { at + 1 } else { *at };
            }
            break;
        }
        if !is_contact(line) {
            break;
        }
    }
    for offset in cut..lines.len() {
        let index = block.start + offset;
        if forced.get(index) == Some(&false) && (offset > 0 || is_footer(lines.first().copied().unwrap_or(""))) {
            set(kinds, index, Kind::Signature);
        }
    }
}

/// A closing line; true when it is worth keeping (thanks), false when it is only form.
fn closing(text: &str) -> Option<bool> {
    const FORMS: [&str; 46] = [
        "regards",
        "best regards",
        "kind regards",
        "kindest regards",
        "warm regards",
        "many regards",
        "best",
        "all the best",
        "sincerely",
        "yours sincerely",
        "yours faithfully",
        "yours truly",
        "respectfully",
        "best wishes",
        "rgds",
        "br",
        "kr",
        "mit freundlichen grüßen",
        "mit freundlichem gruß",
        "freundliche grüße",
        "viele grüße",
        "beste grüße",
        "liebe grüße",
        "mfg",
        "cordialement",
        "bien cordialement",
        "salutations",
        "bien à vous",
        "saludos",
        "un saludo",
        "saludos cordiales",
        "atentamente",
        "cordiali saluti",
        "saluti",
        "distinti saluti",
        "atenciosamente",
        "cumprimentos",
        "met vriendelijke groet",
        "groeten",
        "med vänliga hälsningar",
        "vänliga hälsningar",
        "med venlig hilsen",
        "med vennlig hilsen",
        "pozdrawiam",
        "с уважением",
        "saygılarımla",
    ];
    const THANKS: [&str; 16] = [
        "thanks",
        "thank you",
        "many thanks",
        "thanks in advance",
        "thanks again",
        "thanks and regards",
        "thanks & regards",
        "thank you in advance",
        "cheers",
        "danke",
        "vielen dank",
        "merci",
        "gracias",
        "grazie",
        "obrigado",
        "obrigada",
    ];
    if text.len() > 60 {
        return None;
    }
    let lower = text.to_lowercase();
    let lower = lower.trim_end_matches([',', '.', '!', ';', '-', '–', ' ']);
    if FORMS.contains(&lower) {
        Some(false)
    } else if THANKS.contains(&lower) {
        Some(true)
    } else {
        None
    }
}

/// A line as contact blocks have them: short, no sentence, no question.
fn is_contact(text: &str) -> bool {
    if text.len() > 90 || text.ends_with(['?', '!', ':']) {
        return false;
    }
    let words = text.split_whitespace().count();
    if words > 9 {
        return false;
    }
    let reachable = text.contains('@')
        || text.contains("www.")
        || text.contains("http")
        || text.chars().filter(char::is_ascii_digit).count() >= 6;
    let capitals = text
        .split(|letter: char| letter.is_whitespace() || matches!(letter, '|' | ',' | '/' | '&' | '-'))
        .filter(|word| word.chars().next().is_some_and(|letter| letter.is_uppercase() || !letter.is_lowercase()))
        .count();
    reachable || (words <= 6 && capitals * 2 >= words && !(text.ends_with('.') && words > 3))
}

/// One-line footers of mail programs.
fn is_footer(text: &str) -> bool {
    const STARTS: [&str; 36] = [
        "sent from my ",
        "sent from mail for",
        "sent from outlook",
        "sent from yahoo",
        "sent from gmail",
        "sent from samsung",
        "sent from proton",
        "sent via ",
        "sent using ",
        "sent with ",
        "sent on the go",
        "get outlook for",
        "get the ",
        "von meinem ",
        "gesendet von ",
        "diese nachricht wurde von meinem",
        "gesendet mit ",
        "envoyé de mon",
        "envoyé depuis",
        "envoyé à partir",
        "obtenez outlook",
        "enviado desde mi",
        "enviado desde",
        "enviado do meu",
        "enviado a partir",
        "inviato da",
        "verstuurd vanaf",
        "verzonden vanaf",
        "skickat från min",
        "sendt fra min",
        "lähetetty ",
        "wysłane z ",
        "odesláno z",
        "отправлено с",
        "iphoneから送信",
        "发自我的",
    ];
    if text.len() > 90 || text.is_empty() {
        return false;
    }
    let lower = text.to_lowercase();
    let lower = lower.trim_start_matches(['-', '–', '—', ' ', '*', '<', '[']);
    let sentence = lower.split_whitespace().count() > 9
        || lower.contains('?')
        || lower.contains(" but ")
        || lower.contains(" and ");
    !sentence
        && STARTS.iter().any(|start| lower.starts_with(start))
        && (!lower.starts_with("get the ") || lower.contains("app"))
}

/// The first line of a legal notice.
fn is_disclaimer(text: &str) -> bool {
    let lower: String = text.chars().take(160).collect::<String>().to_lowercase();
    let lower = lower.trim_start_matches(['*', '-', '_', ' ']);
    let about_mail = ["email", "e-mail", "message", "communication", "transmission", "nachricht"]
        .iter()
        .any(|word| lower.contains(word));
    (lower.starts_with("confidentiality notice")
        || lower.starts_with("disclaimer:")
        || lower.starts_with("legal notice:"))
        || (about_mail
            && (lower.starts_with("this ")
                || lower.starts_with("the information ")
                || lower.starts_with("the contents ")
                || lower.starts_with("diese "))
            && (lower.contains("confidential")
                || lower.contains("intended only")
                || lower.contains("intended solely")
                || lower.contains("vertraulich")))
}

/// Out-of-office notes, acknowledgements and delivery reports.
pub(crate) fn is_auto_reply(text: &str) -> bool {
    const STARTS: [&str; 24] = [
        "automatic reply",
        "auto-reply",
        "autoreply",
        "auto reply",
        "auto response",
        "automated response",
        "out of office",
        "out-of-office",
        "abwesenheitsnotiz",
        "automatische antwort",
        "réponse automatique",
        "respuesta automática",
        "risposta automatica",
        "resposta automática",
        "automatisch antwoord",
        "automatiskt svar",
        "autosvar",
        "automatyczna odpowiedź",
        "автоматический ответ",
        "自動返信",
        "自动回复",
        "자동 회신",
        "undeliverable:",
        "delivery status notification",
    ];
    const SAYS: [&str; 26] = [
        "i am out of the office",
        "i am currently out of",
        "i'm out of the office",
        "i'm currently out of",
        "i am out of office",
        "i will be out of the office",
        "i'll be out of the office",
        "i am away from the office",
        "i am on annual leave",
        "i am currently on leave",
        "i am on vacation until",
        "i will have limited access to my email",
        "with limited access to email",
        "this is an automated",
        "this is an automatic",
        "this is an auto-generated",
        "this message was automatically generated",
        "do not reply to this email",
        "do not reply to this message",
        "please do not reply to this",
        "this mailbox is not monitored",
        "ich bin derzeit nicht im büro",
        "ich bin nicht im büro",
        "je suis absent",
        "estoy fuera de la oficina",
        "delivery to the following recipient failed",
    ];
    let head: String = text.chars().take(400).collect::<String>().to_lowercase().replace('’', "'");
    let head = head.trim_start();
    STARTS.iter().any(|start| head.starts_with(start)) || SAYS.iter().any(|says| head.contains(says))
}
