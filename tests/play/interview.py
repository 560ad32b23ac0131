"""Plays two interviews on a running stack, as their users would: `make play`.

WEB: variable -> agent -> interview with two notification URLs -> the expert answers on the page, in headless Chromium on a screen of a
telephone -> analysis -> both notifications verified, by a receiver in Rust and by one in Python. PHONE: a telephony platform posts what
is said and puts a recording -> analysis -> the recording is fetched again by its link.

Needs HARK_URL and HARK_TOKEN (`hark.py run` gives them). Without ChromeDriver it sends what the page would send, and says so. With
HARK_SCREENSHOTS=folder it leaves pictures of the page there.
"""
import base64
import json
import os
import pathlib
import queue
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
URL, TOKEN = os.environ["HARK_URL"], os.environ["HARK_TOKEN"]
RUN = f"{time.time_ns():x}"  # names are unique for a tenant, and a stack may be played on again
QUESTIONS = ["How large is the market for industrial pumps?", "Who are the main buyers?", "What will change in the next years?"]
ANSWERS = [
    "Large.",  # thin: the interviewer asks once more
    "Could you repeat the question?",
    "The market for industrial pumps is about 40 billion dollars a year, and it grows by four percent.",
    "Water utilities buy a third of all pumps. Chemical plants come second, because corrosion wears theirs out within five years.",
    "Motors with variable speed will replace half of the installed pumps, since energy is most of what a pump costs.",
]


def say(text):
    print(text, flush=True)


def send(method, url, body=None, headers=None):
    data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json", **(headers or {})}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.read()
    except urllib.error.HTTPError as error:
        sys.exit(f"{method} {url.split('?')[0]}: {error.code} {error.read().decode()}")


def hark(method, path, body=None, token=TOKEN, **headers):
    answer = send(method, URL + path, body, {"authorization": f"Bearer {token}", **headers})
    return json.loads(answer) if answer else None


def eventually(what, probe, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = probe()
        if found:
            return found
        time.sleep(0.2)
    sys.exit(f"not within {seconds} s: {what}")


def expect(what, actual, wanted):
    if actual != wanted:
        sys.exit(f"{what}: {actual!r}, expected {wanted!r}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Receiver:
    """One of tests/receiver's programs: it prints what it has verified."""

    def __init__(self, name, command, secret):
        self.name, self.port, self.verified = name, free_port(), queue.Queue()
        self.process = subprocess.Popen([*command, str(self.port), secret], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        threading.Thread(target=lambda: [self.verified.put(line) for line in self.process.stdout], daemon=True).start()
        eventually(f"the {name} receiver listens", self.listens)

    def listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def message(self):
        while True:
            try:
                line = self.verified.get(timeout=60)
            except queue.Empty:
                sys.exit(f"the {self.name} receiver verified nothing within 60 s")
            if line.startswith("verified "):
                return json.loads(line.split(" ", 2)[2])


class Page:
    """The expert's page in headless Chromium, by the WebDriver protocol."""

    def __init__(self, address):
        port = free_port()
        self.driver = subprocess.Popen(["chromedriver", f"--port={port}", "--silent"], stdout=subprocess.DEVNULL)
        self.base = f"http://127.0.0.1:{port}"
        eventually("ChromeDriver listens", self.ready)
        phone = {"deviceMetrics": {"width": 390, "height": 844, "pixelRatio": 2, "mobile": True}}
        options = {"args": ["--headless=new", "--no-sandbox", "--disable-gpu"], "mobileEmulation": phone}
        made = self.command("POST", "/session", {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}})
        self.base += f"/session/{made['sessionId']}"
        self.command("POST", "/url", {"url": address})
        self.seen = 0

    def ready(self):
        try:
            return urllib.request.urlopen(self.base + "/status", timeout=1)
        except OSError:
            return None

    def command(self, method, path, body=None):
        return json.loads(send(method, self.base + path, body))["value"]

    def script(self, source, *arguments):
        return self.command("POST", "/execute/sync", {"script": source, "args": list(arguments)})

    def lines(self):
        return self.script("return [...document.querySelectorAll('#messages li span')].map((item) => item.textContent)")

    def element(self, selector):
        return next(iter(self.command("POST", "/element", {"using": "css selector", "value": selector}).values()))

    def wait_for_reply(self):
        lines = eventually("the interviewer speaks", lambda: (lines := self.lines()) and len(lines) > self.seen + 1 - (self.seen == 0) and lines)
        self.seen = len(lines)
        return lines

    def answer(self, text):
        self.command("POST", f"/element/{self.element('#answer')}/value", {"text": text})
        self.command("POST", f"/element/{self.element('#send')}/click", {})
        return self.wait_for_reply()

    def picture(self, name):
        folder = os.environ.get("HARK_SCREENSHOTS")
        if folder:
            pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
            (pathlib.Path(folder) / f"{name}.png").write_bytes(base64.b64decode(self.command("GET", "/screenshot")))

    def close(self):
        self.driver.terminate()


class Requests:
    """What the page sends, without the page."""

    def __init__(self, secret):
        self.secret, self.turn = secret, 0

    def post(self, path, body):
        return hark("POST", path, body, self.secret, **{"x-expert-browser": f"play-{RUN}-browser"})

    def wait_for_reply(self):
        return [entry["text"] for entry in self.post("/api/expert/session", {})["messages"]]

    def answer(self, text):
        self.turn += 1
        self.post("/api/expert/messages", {"turnId": f"play-{self.turn}", "message": text})

    def picture(self, name):
        pass

    def close(self):
        pass


def interview(**fields):
    expert = {"name": "José Lee", "title": "Head of sales", "employmentHistory": [{"title": "Head of sales", "company": "Acme Pumps"}]}
    plan = {"interviewType": "FULL_INTERVIEW", "title": "The market for pumps", "callSubject": "industrial pumps", "questions": QUESTIONS, "expertData": expert}
    return hark("POST", "/api/interviews", {**plan, **fields})["id"]


def analysed(interview_id):
    def probe():
        read = hark("GET", f"/api/interviews/{interview_id}")
        return read if read["analysisGeneratedAt"] else None

    read = eventually("the interview is analysed", probe)
    expect("status", read["status"], "COMPLETED")
    said = hark("GET", f"/api/interviews/{interview_id}/transcription")
    texts = {entry["id"]: entry for entry in said}
    for quote in read["quotes"]:
        entry = texts[quote["evidence"]["entryId"]]
        start, end = quote["evidence"]["start"], quote["evidence"]["end"]
        expect("a quote", (entry["speaker"], entry["text"][start:end]), ("expert", quote["quote"]))
    if not read["quotes"]:
        sys.exit("no quote was found")
    return read


def by_text():
    secret = hark("POST", "/api/webhooks/notifications/rotate-secret", {"overlap_seconds": 0})["secret"]
    subprocess.run(["cargo", "build", "--quiet", "-p", "receiver"], cwd=ROOT, check=True)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    receivers = [
        Receiver("Rust", [str(target / "debug" / "receiver")], secret),
        Receiver("Python", [sys.executable, "tests/receiver/python/receiver.py"], secret),
    ]
    page = None
    try:
        background = f"background_{RUN}"
        hark("POST", "/api/variables", {"name": background, "displayName": "Background"})
        agent = {
            "name": f"Interviewer {RUN}", "interviewType": "FULL_INTERVIEW", "language": "en", "closing": "Thank you, {{expert_name}}.",
            "prompt": "Hello {{expert_name}}, thank you for your time. This is about {{call_subject}}. {{" + background + "}}",
        }
        made = hark("POST", "/api/agents", agent)
        say(f"agent {made['agentGroupId']} for {', '.join(one['platform'] for one in made['agents'])}")
        notifications = [{"endpoint": f"http://127.0.0.1:{receiver.port}/completed"} for receiver in receivers]
        made = interview(
            agentGroupId=made["agentGroupId"], customVariables={background: "A fund wants to know it."}, notifications=notifications
        )
        say(f"interview {made}")
        link = hark("POST", f"/api/interviews/{made}/expert-link")["url"]
        if shutil.which("chromedriver"):
            page = Page(URL + link)
        else:
            say("chromedriver is missing: sending what the page would send")
            page = Requests(link.split("#")[1])
        greeting = page.wait_for_reply()
        expect("the greeting", greeting[0], "Hello José Lee, thank you for your time. This is about industrial pumps. A fund wants to know it.")
        page.picture("expert-greeting")
        for number, answer in enumerate(ANSWERS):
            page.answer(answer)
            if number == 2:
                page.picture("expert-middle")
        page.picture("expert-end")
        read = analysed(made)
        say(f"summary: {read['summary']}")
        for quote in read["quotes"]:
            say(f"  \"{quote['quote']}\" ({quote['timestamp_secs']} s)")
        for receiver in receivers:
            message = receiver.message()
            expect("the interview of the notification", message["interviewId"], made)
            say(f"{receiver.name} receiver: verified {json.dumps(message)}")
    finally:
        if page:
            page.close()
        for receiver in receivers:
            receiver.process.terminate()


def by_telephone():
    made = interview(scheduledAt="2099-01-01T09:00:00Z")
    session = hark("POST", f"/api/interviews/{made}/sessions", {"platform": "PHONE"})
    path = f"/api/interviews/{made}/sessions/{session['id']}"
    hark("POST", path + "/events", {"events": [{"type": "status", "status": "IN_PROGRESS"}]})
    said = [line for question, answer in zip(QUESTIONS, ANSWERS[2:]) for line in (("agent", question), ("expert", answer))]
    events = [
        {"type": "transcript", "id": f"u{number}", "speaker": speaker, "text": text, "timestamp_secs": 8.5 * number}
        for number, (speaker, text) in enumerate(said)
    ]
    hark("POST", path + "/events", {"events": events[3:] + events[:3]})
    again = hark("POST", path + "/events", {"events": events})
    expect("events that came twice", (again["recorded"], again["repeated"]), (0, len(events)))
    recording = b"ID3" + bytes(range(256)) * 40
    upload = hark("POST", path + "/audio", {"contentType": "audio/mpeg", "contentLength": len(recording)})
    send("PUT", upload["uploadUrl"], recording, {"content-type": "audio/mpeg"})
    hark("POST", path + "/events", {"events": [{"type": "status", "status": "COMPLETED"}]})
    read = analysed(made)
    say(f"telephone {made}: {len(read['quotes'])} quotes; summary: {read['summary']}")
    audio = hark("GET", f"/api/interviews/{made}/audio")
    with urllib.request.urlopen(audio["audioUrl"], timeout=30) as response:
        expect("the recording", response.read(), recording)
    say(f"recording of {len(recording)} bytes fetched again; its link works until {audio['expires_at']}")


by_text()
by_telephone()
say("played")
