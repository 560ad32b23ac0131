//! Words and phrases that tell how a customer feels or what happened to them: our own lists, written for support talk in
//! general (shops, travel, telephone, software, banks), not drawn from any data set.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind, StartKind};

use crate::token::{Token, TokenKind};

/// Number of dense features.
pub const DENSE: usize = 24;

/// What the dense features are called where a score is explained, in their order.
pub(crate) const CUE_NAMES: [&str; DENSE] = [
    "good",
    "superb",
    "bad",
    "awful",
    "fault",
    "waiting",
    "thanks",
    "question",
    "ignored",
    "leaving",
    "irony",
    "praise denied",
    "blame denied",
    "exclamation",
    "question mark",
    "capitals",
    "glad emoji",
    "sad emoji",
    "drawn-out word",
    "length",
    "thanks with trouble",
    "praise with trouble",
    "no cue",
    "own trouble",
];

/// What the cue words speak of. The order is that of the dense features.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cue {
    /// Pleased words.
    Good,
    /// Strongly pleased words.
    Superb,
    /// Displeased words.
    Bad,
    /// Strongly displeased words, insults.
    Awful,
    /// Something went wrong: faults, losses, delays.
    Fault,
    /// Waiting and repetition.
    Wait,
    /// Thanks.
    Thanks,
    /// A question or a request for information.
    Ask,
    /// Nobody helps or answers.
    Ignored,
    /// Wishes to leave, get money back, complain.
    Leave,
    /// Irony and exasperation.
    Irony,
}

const LISTS: [(Cue, &str); 11] = [
    (
        Cue::Good,
        "good|nice|happy|glad|pleased|helpful|helped|easy|smooth|enjoy|enjoyed|enjoying|fun|cool|friendly|kind|nicely|fast|quick|\
         quickly|comfortable|sweet|appreciated|appreciate|like it|likes|liked|love|loved|loves|loving|impressed|better|works now|working now|\
         resolved|sorted|fixed|solved|worked|well done|props|kudos|shout out|shoutout|beautiful|cute|excited|exciting|looking forward|\
         can't wait|cant wait|early|earlier than|on time|ontime|luv|fav|fave|yummy|pleasure|pleasantly|proud|thankful|compliment|whoot|woot|awww|solid|super|gorgeous|strong work|went out of|going out of|goes out of|went above|saved me|saved my|thank god|loyal|welcome back|congrats|congratulations|yay|hooray|woohoo|lol|haha|safe|smart|clean|prompt|promptly|\
         polite|patient|pleasant|satisfied|recommend|thumbs up|win|winning|lucky|relieved|no problem|no worries|not bad|good luck|great deal",
    ),
    (
        Cue::Superb,
        "great|awesome|amazing|excellent|fantastic|wonderful|best|perfect|perfectly|brilliant|outstanding|superb|incredible|fabulous|\
         terrific|exceptional|stellar|delighted|greatest|gr8|best ever|making miracles|never disappoints|never disappoint|thrilled|love you|love it|loved it|love this|love your|so happy|very happy|you rock|rocks|\
         rocked|rockstar|rock star|made my day|lifesaver|life saver|above and beyond|top notch|five stars|0 stars|the best|you guys are great|\
         impressive|grateful|blessed|hero|heroes|class act|first class service|well deserved|customer for life|awesomeness|epic|flawless|\
         wow thank|bravo|much better|favorite|favourite|impeccable|phenomenal|magnificent|so much fun",
    ),
    (
        Cue::Bad,
        "bad|poor|poorly|wrong|sad|upset|annoyed|annoying|unhappy|disappointed|disappointing|disappointment|frustrated|frustrating|\
         frustration|confused|confusing|difficult|hard to|slow|dirty|uncomfortable|rude|unfair|unfortunate|unfortunately|sucks|suck|sucked|\
         lame|boring|stupid|silly|weird|worse|tired of|sick of|not happy|not good|not great|not cool|not ok|not okay|not working|\
         not impressed|unimpressed|unprofessional|inconvenience|inconvenient|mess|messed up|messing|dumb|crap|crappy|damn|hell|ugh|smh|\
         fml|wtf|wth|shame|shameful|sorry excuse|mistake|mistakes|error|errors|problem|problems|issue|issues|trouble|fail|failed|failing|\
         fails|failure|lied|lie|lies|lying|misled|misleading|scam|rip off|ripoff|ripped off|expensive|overpriced|greedy|tacky|gross|\
         disorganized|incompetent|clueless|careless|unhelpful|useless|pointless|no excuse|bummer|bummed|regret|worried|stressful|stressed|\
         nightmare|hate|hated|hates|disappoint|disappoints|disappointing|wretched|ignorant|inept|cruel|sloppy|shady|ridiculously|subpar|mediocre|horrid|unorganized|hassle|painful|pain|chaos|misery|miserable|unwelcome|nasty|stink|stinks|dislike|discourteous|unhappy with|not helpful|non helpful|less than|low|angry|mad|pissed|missed|unreliable|inexcusable|unsafe|cheap|joke|fault|blame|unable|can't even|cant even",
    ),
    (
        Cue::Awful,
        "worst|terrible|terribly|horrible|horribly|awful|disgusting|disgusted|disgrace|disgraceful|appalling|atrocious|abysmal|pathetic|\
         ridiculous|unacceptable|outrageous|unbelievable|unbelievably|furious|outraged|livid|infuriating|disaster|catastrophe|horrendous|\
         dreadful|garbage|trash|rubbish|bullshit|bs|shit|shitty|fuck|fucking|fucked|asshole|idiots|idiot|morons|moron|insane|insanity|\
         absurd|ludicrous|incompetence|negligence|nightmare|hell|epic fail|complete joke|a joke|total joke|what a joke|never again|worst ever|\
         by far the worst|ashamed|despicable|unforgivable|deplorable|insulting|insult|screwed|screw you|screwing|fraud|thieves|thief|\
         stole|theft|robbed|robbery|liars|liar|hung up on|clusterfuck|fiasco|shambles|debacle|fuming|ruined|ruining|ruin|destroyed",
    ),
    (
        Cue::Fault,
        "broken|broke|broken down|breaks|crash|crashed|crashes|crashing|down again|outage|delay|delayed|delays|delaying|late|cancelled|canceled|\
         cancellation|cancelling|cancels|lost|lose|losing|missing|misplaced|damaged|damage|stuck|stranded|overcharged|charged twice|double charged|\
         charged me|doesn't work|does not work|doesnt work|won't work|wont work|not work|won't load|won't let|wont let|not loading|\
         isn't working|isnt working|never arrived|not arrived|hasn't arrived|not received|never received|haven't received|still no|no longer|\
         unable to|can't get|cant get|cannot get|can't access|can't log|cant log|cannot log|locked out|declined|rejected|denied|refused|refuses|\
         refuse|rejecting|error message|not responding|frozen|freezes|freezing|disconnected|disconnect|disconnects|dropped|drops|bumped|kicked off|overbooked|\
         oversold|leaking|smells|leak|wrong item|wrong order|defective|faulty|malfunction|glitch|bug|bugs|lost my|misconnect|miss my|missed my|\
         missed connection|made us|forced|forgot|forgotten|left behind|turned away|without notice|not available|unavailable|didn't get|did not get|\
         didnt get|never got|not getting|no power|no internet|no signal|shut down|not allowed|hidden fees|fee|fees|mechanical|maintenance",
    ),
    (
        Cue::Wait,
        "waiting|waited|wait time|0 hours|0 hrs|0 hour|0 hr|0+ hours|two hours|three hours|four hours|five hours|several hours|0 minutes|0 mins|0 min|0hrs|0hr|hours later|hours late|0 days|0 weeks|0 months|two weeks|three weeks|two days|three days|a week|a month|minutes on|hours on|still|yet|again|on hold|hold for|on the phone|\
         third time|second time|0rd time|0nd time|multiple times|several times|many times|every time|keep getting|keeps|over an hour|\
         for hours|all day|all night|overnight|since yesterday|no update|no updates|no information|no info|any day now|how long|how much longer|\
         sitting on|sitting here|sat on|stood in|in line|queue|tarmac|forever|ages|eternity|another|late again|and counting|hrs now|hours now|hour wait|min wait|minute wait|hour delay|hr delay|five times|0 times|wait|overdue|past due|deadline|tried that|already tried|tried to|trying to|been trying|yesterday|last week|last month",
    ),
    (
        Cue::Thanks,
        "thanks|thank you|thank u|thankyou|thx|thnx|tx|ty|tysm|thanx|cheers|much appreciated|appreciate it|appreciate you|appreciate the|\
         grateful|gratitude|many thanks|thank|thanking",
    ),
    (
        Cue::Ask,
        "can you|can i|could you|could i|do you|does|is there|are there|how do|how can|how much|how many|what is|what's|whats|what are|\
         when will|when does|when is|when are|where is|where can|which|who do|would you|would like|i'd like|looking for|wondering|\
         question|may i|should i|will you|is it possible|any chance|please dm|dm me|follow me|let me know|need to know|want to know|\
         trying to find|is this|are you|any way|anyone know|is it|what time|please send|can we|do i|do we|will there|info on|any idea",
    ),
    (
        Cue::Ignored,
        "no one|nobody|no response|no reply|no answer|never responded|never called|no help|not helpful|won't help|ignored|ignoring|ignore|\
         no service|no customer service|customer service is|customer service rep|hung up|hang up|disconnected me|can't reach|cant reach|\
         cannot reach|unanswered|not answering|don't care|dont care|doesn't care|do not care|didn't care|no communication|no explanation|\
         no apology|not one|don't bother|lack of|zero|can't talk|can't speak|busy signal|no agents|no staff|won't answer|automated|voicemail|\
         no compensation|not even|nothing|won't respond|yet to|no clue|no idea|no record",
    ),
    (
        Cue::Leave,
        "never fly|never use|never buy|never shop|never order|never book|switching|switch to|switched to|going elsewhere|taking my business|lost a customer|\
         lost my business|losing a customer|last time|done with|cancel my|want a refund|refund|refunded|reimburse|reimbursed|reimbursement|\
         money back|compensation|compensate|voucher|complaint|complain|complaints|lawsuit|lawyer|attorney|sue|report you|bbb|boycott|\
         avoid|not renewing|close my account|unsubscribe|get it together|get your act|do better|step up|fix this|fix your|fix it|wake up|\
         shame on|you should be|you need to|get rid of|stop|bad business|poor service|bad service|poor customer|bad customer|so much for|waste",
    ),
    (
        Cue::Irony,
        "thanks for nothing|thanks a lot|thanks for the delay|thanks for losing|thanks for canceling|thanks for cancelling|thanks for ruining|\
         great job|good job|nice job|way to go|well played|gee|real nice|really nice of|so helpful|oh great|oh good|just great|just perfect|\
         of course|go figure|apparently|supposedly|seriously|really|how is it|how about you|why is|why are|why do|why can't|why cant|\
         why would|why did|why does|what kind of|how hard|how can you|how do you|are you kidding|you kidding|is this a joke|come on|\
         surprise|shocking|for real|no thanks to|at least|would be nice|wow|guess|maybe you should|brilliant job|nice work|sarcasm|not",
    ),
];

/// Finds every cue of a text in one pass over its normalised words.
static CUES: LazyLock<(Option<AhoCorasick>, Vec<Cue>)> = LazyLock::new(|| {
    let mut patterns = Vec::new();
    let mut cues = Vec::new();
    for (cue, list) in LISTS {
        for phrase in list.split('|') {
            patterns.push(format!(" {} ", phrase.trim()));
            cues.push(cue);
        }
    }
    let machine = AhoCorasickBuilder::new()
        .match_kind(MatchKind::Standard)
        .start_kind(StartKind::Unanchored)
        .build(&patterns)
        .ok();
    (machine, cues)
});

/// The dense features of a text. Each is in 0.0..=3.0, so that no single one can carry a long text away.
pub fn dense(tokens: &[Token<'_>]) -> [f32; DENSE] {
    let mut joined = String::with_capacity(tokens.len() * 6 + 1);
    let mut starts: Vec<(usize, bool)> = Vec::with_capacity(tokens.len());
    joined.push(' ');
    let mut counts = Counts::default();
    for token in tokens {
        match token.kind {
            TokenKind::Word | TokenKind::Hashtag | TokenKind::Number => {
                starts.push((joined.len(), token.negated));
                push_word(&mut joined, token);
                joined.push(' ');
                counts.words += 1;
                counts.shouted += u32::from(token.shouted && token.text.len() > 2);
                counts.drawn += u32::from(token.elongated);
                counts.own +=
                    u32::from(matches!(&*token.norm, "i" | "my" | "me" | "we" | "our" | "us" | "i'm" | "i've"));
            }
            TokenKind::Mark => {
                counts.shouts += if token.text.starts_with('!') { marks(token.text, '!') } else { 0 };
                counts.asks += u32::from(token.text.contains('?'));
            }
            TokenKind::Emoji => match crate::emoji::emoji_valence(token.text) {
                Some(value) if value > 0.0 => counts.glad += value,
                Some(value) => counts.sad -= value,
                None => {}
            },
            TokenKind::Link | TokenKind::Email | TokenKind::Handle => {}
        }
    }
    let mut found = [0u32; LISTS.len()];
    let (mut turned_good, mut turned_bad) = (0u32, 0u32);
    if let (Some(machine), cues) = &*CUES {
        for hit in machine.find_overlapping_iter(joined.as_str()) {
            let Some(cue) = cues.get(hit.pattern().as_usize()) else { continue };
            let index = starts.partition_point(|(start, _)| *start <= hit.start() + 1).saturating_sub(1);
            let negated = starts.get(index).is_some_and(|(_, negated)| *negated);
            match cue {
                Cue::Good | Cue::Superb if negated => turned_good += 1,
                Cue::Bad | Cue::Awful | Cue::Fault if negated => turned_bad += 1,
                _ => {
                    if let Some(count) = found.get_mut(*cue as usize) {
                        *count += 1;
                    }
                }
            }
        }
    }
    let of = |cue: Cue| found.get(cue as usize).copied().unwrap_or(0);
    let capped = |count: u32| small(count.min(3));
    let trouble = of(Cue::Fault) + of(Cue::Wait) + of(Cue::Bad) + of(Cue::Awful) + of(Cue::Ignored) + of(Cue::Leave);
    let praise = of(Cue::Good) + of(Cue::Superb);
    let words = small(counts.words.max(1));
    [
        capped(of(Cue::Good)),
        capped(of(Cue::Superb)),
        capped(of(Cue::Bad)),
        capped(of(Cue::Awful)),
        capped(of(Cue::Fault)),
        capped(of(Cue::Wait)),
        capped(of(Cue::Thanks)),
        capped(of(Cue::Ask)),
        capped(of(Cue::Ignored)),
        capped(of(Cue::Leave)),
        capped(of(Cue::Irony)),
        capped(turned_good),
        capped(turned_bad),
        capped(counts.shouts),
        capped(counts.asks),
        (small(counts.shouted) / words * 3.0).min(3.0),
        counts.glad.min(3.0),
        counts.sad.min(3.0),
        capped(counts.drawn.min(1)),
        (small(counts.words.min(60)) / 20.0).min(3.0),
        if of(Cue::Thanks) > 0 && trouble > 0 { 1.0 } else { 0.0 },
        if praise > 0 && trouble > 0 { 1.0 } else { 0.0 },
        // A bare "no" or "blue" answers a question; it says even less than a sentence without a cue.
        match trouble + praise + of(Cue::Thanks) {
            0 if counts.glad > 0.0 || counts.sad > 0.0 => 0.0,
            0 if counts.words <= 2 => 2.0,
            0 => 1.0,
            _ => 0.0,
        },
        if trouble > 0 { capped(counts.own) / 3.0 } else { 0.0 },
    ]
}

/// A word as the lists write it: digits are one `0`.
fn push_word(joined: &mut String, token: &Token<'_>) {
    if token.kind == TokenKind::Number {
        joined.push('0');
        joined
            .extend(token.text.chars().skip_while(|letter| !letter.is_ascii_alphabetic()).flat_map(char::to_lowercase));
    } else {
        joined.push_str(token.norm.trim_start_matches('#'));
    }
}

/// A count as a number; counts past 65,535 are all the same.
fn small(count: u32) -> f32 {
    f32::from(u16::try_from(count).unwrap_or(u16::MAX))
}

#[derive(Default)]
struct Counts {
    words: u32,
    shouted: u32,
    drawn: u32,
    own: u32,
    shouts: u32,
    asks: u32,
    glad: f32,
    sad: f32,
}

fn marks(text: &str, mark: char) -> u32 {
    text.chars().take(3).fold(0, |count, letter| count + u32::from(letter == mark))
}
