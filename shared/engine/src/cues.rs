cues! {
    // What a customer says.
    /// Wants to cancel, leave, not buy again.
    Cancellation => "cancellation",
    /// Weighs another company.
    Competitor => "competitor",
    /// Not the first contact or the first occurrence.
    Repeat => "repeat",
    /// It still holds; in the opening a sign of an earlier occurrence, later perhaps only of a step that failed.
    Lasting => "lasting",
    /// Too dear.
    PriceObjection => "price_objection",
    /// Trust is gone.
    TrustLost => "trust_lost",
    /// Lawyer, regulator, chargeback.
    LegalThreat => "legal_threat",
    /// Wants the money back, or compensation.
    RefundDemand => "refund_demand",
    /// Wants a manager.
    ManagerRequest => "manager_request",
    /// Lodges a complaint.
    Complaint => "complaint",
    /// Goes public.
    Shaming => "shaming",
    /// Insult, exasperation, contempt.
    Anger => "anger",
    /// Mild displeasure.
    Frustration => "frustration",
    /// Reproach, which builds up over a conversation.
    Blame => "blame",
    /// Praise that a complaint beside it turns into mockery.
    Sarcasm => "sarcasm",
    /// Thanks.
    Thanks => "thanks",
    /// Praise and pleasure.
    Joy => "joy",
    /// It works now.
    Confirmed => "confirmed",
    /// It still does not.
    NotSolved => "not_solved",
    /// Is going to try what was advised.
    WillTry => "will_try",
    /// Says good-bye, needs nothing more.
    Farewell => "farewell",
    /// Wants something added.
    WishAdd => "wish_add",
    /// Wants something changed or removed.
    WishChange => "wish_change",
    /// Wants something back.
    WishRestore => "wish_restore",
    /// Wants something to be sold or stocked.
    WishStock => "wish_stock",
    /// Wants more of it.
    GrowExpansion => "grow_expansion",
    /// Wants the higher or newer one.
    GrowUpgrade => "grow_upgrade",
    /// Wants to buy something.
    GrowAddOn => "grow_add_on",
    /// Wants to use it for something new.
    GrowNewUse => "grow_new_use",
    /// Needs it now.
    Urgent => "urgent",
    /// Wants a person instead of the bot.
    WantsPerson => "wants_person",

    // What an agent says.
    /// Apology by formula.
    Apology => "apology",
    /// Feeling for the customer by formula.
    Empathy => "empathy",
    /// Feeling that names the customer's situation.
    SpecificEmpathy => "specific_empathy",
    /// Greets, thanks, wishes well.
    Courtesy => "courtesy",
    /// Takes it on.
    Ownership => "ownership",
    /// Promises a deed.
    Promise => "promise",
    /// Reports that a promised deed is done.
    Done => "done",
    /// Passes the case up or on.
    PassedUp => "passed_up",
    /// Says no.
    Refusal => "refusal",
    /// Volunteers a tip.
    ShareTip => "share_tip",
    /// Volunteers a warning or an entitlement.
    ShareWarning => "share_warning",
    /// Volunteers another way.
    ShareAlternative => "share_alternative",
    /// Volunteers what comes next.
    ShareNextStep => "share_next_step",
    /// Volunteers a source.
    ShareLink => "share_link",
    /// Sends the customer elsewhere, or is a step of the repair: no help beyond what was asked.
    HelpElsewhere => "help_elsewhere",
    /// Passes on a wish or praise: no escalation.
    PassesWish => "passes_wish",
    /// Moves to a private channel.
    PrivateChannel => "private_channel",
    /// Puts an own answer right.
    Correction => "correction",
    /// Puts a colleague's or the bot's answer right.
    Override => "override",
    /// Asks for details.
    AsksDetails => "asks_details",
    /// Glad that it is solved.
    Relieved => "relieved",
    /// Asks whether it is solved.
    FollowUp => "follow_up",
    /// Names a growth opportunity.
    Offers => "offers",
    /// Steps to take.
    Steps => "steps",
    /// Unsure of the own answer.
    Hedge => "hedge",
    /// Says that something can be done.
    SaysYes => "says_yes",
    /// Says that something cannot be done.
    SaysNo => "says_no",
    /// Closes for want of an answer.
    ClosedSilent => "closed_silent",

    // How much is at stake.
    /// Safety of people.
    Safety => "safety",
    /// Health.
    Medical => "medical",
    /// Breach of data or account, fraud.
    Breach => "breach",
    /// Data are gone.
    DataLoss => "data_loss",
    /// Left somewhere.
    Stranded => "stranded",
    /// Many people are hit.
    ManyHit => "many_hit",
    /// The service is down.
    Outage => "outage",
    /// The law is at stake.
    LegalMatter => "legal_matter",
    /// Cannot go on.
    Blocked => "blocked",
    /// Money is lost or held.
    MoneyLost => "money_lost",
    /// A journey or an event is lost.
    TripLost => "trip_lost",
    /// For a long time.
    Long => "long",
    /// Something does not work, is late or wrong.
    Problem => "problem",

    // What does not work.
    /// Late.
    FrictionDelay => "friction_delay",
    /// Signing in.
    FrictionLogin => "friction_login",
    /// Bills, charges, payments.
    FrictionBilling => "friction_billing",
    /// Parcels.
    FrictionDelivery => "friction_delivery",
    /// Broken or poor goods.
    FrictionQuality => "friction_quality",
    /// Network and service.
    FrictionOutage => "friction_outage",
    /// Money back.
    FrictionRefund => "friction_refund",
    /// Rude or helpless staff.
    FrictionStaff => "friction_staff",
    /// Nobody answers.
    FrictionNoReply => "friction_no_reply",
    /// Crashes and errors.
    FrictionFault => "friction_fault",
    /// Slow.
    FrictionSlow => "friction_slow",
    /// Too dear.
    FrictionPrice => "friction_price",
    /// Hard to understand.
    FrictionConfusing => "friction_confusing",
    /// Not to be had.
    FrictionUnavailable => "friction_unavailable",
    /// Lost things.
    FrictionMissing => "friction_missing",

    // How a dialogue moves: the customer.
    /// Takes what is offered.
    Accepts => "accepts",
    /// Does not take it.
    Rejects => "rejects",
    /// Asks for something else.
    Alternative => "alternative",
    /// States a want.
    Wants => "wants",
    /// Puts a misunderstanding right.
    Clarifies => "clarifies",
    /// Does not know.
    KnowsNot => "knows_not",

    // How a dialogue moves: the replies.
    /// Nothing found, nothing done.
    NoMatch => "no_match",
    /// Found, booked, done.
    Success => "success",
    /// Asks whether there is more to do.
    OffersMore => "offers_more",
    /// Proposes something.
    Recommends => "recommends",
    /// Asks for a yes.
    Confirms => "confirms",

    // Neither.
    /// Bulk mail.
    Spam => "spam",
}
