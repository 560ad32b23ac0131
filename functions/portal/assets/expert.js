// The expert's side of a text interview. The secret stands behind the # of the address: it goes to the API in a header and nowhere else.
"use strict";

const element = (id) => document.getElementById(id);
const secret = location.hash.slice(1);
const MEMORY = "hark-interview " + secret.slice(-8);

/// What this browser keeps: its own name, and the answer that is on its way, so that a retry is the same turn.
const kept = (() => {
  let state = {};
  try {
    state = JSON.parse(localStorage.getItem(MEMORY) || "{}");
  } catch {
    state = {};
  }
  const save = () => {
    try {
      localStorage.setItem(MEMORY, JSON.stringify(state));
    } catch {
      // Private windows may refuse: the interview then lasts as long as the page.
    }
  };
  if (!state.browser) {
    state.browser = random();
    save();
  }
  return { get: (name) => state[name], set: (name, value) => { state[name] = value; save(); } };
})();

function random() {
  const bytes = crypto.getRandomValues(new Uint8Array(24));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/// Asks the API; answers with what it says, or throws the problem.
async function ask(path, body) {
  let response;
  try {
    response = await fetch(path, {
      method: "POST",
      headers: { authorization: "Bearer " + secret, "x-expert-browser": kept.get("browser"), "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    throw { detail: "There is no connection. Your answer is kept; please send it again." };
  }
  const answer = await response.json().catch(() => ({ detail: "Something went wrong. Please try again." }));
  if (!response.ok) throw answer;
  return answer;
}

const EXPLAINED = {
  MISSING_TOKEN: "This is not a valid interview link.",
  INVALID_TOKEN: "This is not a valid interview link.",
  LINK_USED: "This link was opened in another browser. Please ask for a new one.",
  LINK_EXPIRED: "This link has expired. Please ask for a new one.",
};

function explain(problem) {
  const faults = (problem.errors || []).map((fault) => fault.detail).join("; ");
  const text = EXPLAINED[problem.code] || [problem.detail, faults].filter(Boolean).join(" ");
  element("problem").textContent = text || "";
  element("problem").hidden = !text;
}

function say(entry, language) {
  const item = document.createElement("li");
  item.className = entry.speaker;
  const who = document.createElement("b");
  who.textContent = entry.speaker === "expert" ? "You" : "Interviewer";
  const text = document.createElement("span");
  text.textContent = entry.text;
  text.dir = "auto";
  if (entry.speaker === "agent" && language) text.lang = language;
  item.append(who, text);
  element("messages").append(item);
  item.scrollIntoView({ block: "end" });
}

let language = "";

function show({ status, progress }) {
  const over = status !== "IN_PROGRESS";
  element("form").hidden = over;
  element("progress").textContent = over
    ? "The interview is finished. You can close this page."
    : `Question ${Math.min(progress.answered + 1, progress.questions)} of ${progress.questions}`;
  if (!over) element("answer").focus();
}

async function open() {
  try {
    const session = await ask("api/expert/session", {});
    language = session.language;
    document.title = session.title;
    element("title").textContent = session.title;
    element("subject").textContent = session.callSubject;
    element("messages").replaceChildren();
    session.messages.forEach((entry) => say(entry, language));
    explain({});
    element("answer").value = kept.get("draft") || "";
    show(session);
  } catch (problem) {
    element("subject").textContent = "";
    explain(problem);
  }
}

/// Sends an answer. Until the reply is there, the same text is the same turn.
async function send(message, end) {
  let turn = kept.get("turn");
  if (!turn || turn.message !== message || turn.end !== end) turn = { turnId: random(), message, end };
  kept.set("turn", turn);
  busy(true);
  try {
    const reply = await ask("api/expert/messages", turn);
    kept.set("turn", null);
    kept.set("draft", "");
    element("answer").value = "";
    if (message) say({ speaker: "expert", text: message });
    reply.messages.forEach((entry) => say(entry, language));
    explain({});
    show(reply);
  } catch (problem) {
    // Somebody else moved on, or it ended elsewhere: show where the interview stands.
    if (problem.code === "SESSION_ENDED" || problem.code === "TURN_IN_PROGRESS") await open();
    else explain(problem);
  } finally {
    busy(false);
  }
}

function busy(is) {
  element("send").disabled = is;
  element("end").disabled = is;
}

element("form").addEventListener("submit", (event) => {
  event.preventDefault();
  send(element("answer").value.trim(), false);
});
element("answer").addEventListener("input", () => kept.set("draft", element("answer").value));
element("answer").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) element("form").requestSubmit();
});
element("end").addEventListener("click", () => {
  if (confirm("End the interview now?")) send(element("answer").value.trim(), true);
});
open();
