"""Replays a public clickstream on a running stack and prints what `GET /context/realtime` makes of its sessions.

    pip download --no-deps retentioneering==5.2.4      # its made-up shop: 31,106 events in 3,605 sessions, Apache-2.0
    python3 infra/local/hark.py run -- python3 tests/play/clickstream.py retentioneering-5.2.4-py3-none-any.whl

The shop names no pages: each of its events becomes the page that such an event stands for, moved so that the last was an hour ago.
"""
import collections
import csv
import datetime
import gzip
import json
import os
import statistics
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile

URL, TENANT, TOKEN = os.environ["HARK_URL"], os.environ["HARK_TENANT"], os.environ["HARK_TOKEN"]
SESSIONS = 400  # that are asked for: 600 requests a minute are allowed
PAGES = {
    "home": "/", "catalog": "/catalog", "search": "/search", "filter_results": "/catalog/filtered", "product_view": "/product/{n}",
    "add_to_cart": "/cart/added", "cart": "/cart", "shipping_details": "/checkout/shipping", "payment_details": "/checkout/payment",
    "payment_error": "/checkout/payment-error", "checkout_bug": "/checkout/shipping", "purchase": "/thank-you",
}


def hark(method, path, body=None):
    headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
    while True:
        request = urllib.request.Request(URL + path, None if body is None else json.dumps(body).encode(), headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            if error.code != 429:
                sys.exit(f"{method} {path}: {error.code} {error.read().decode()}")
            time.sleep(float(error.headers["retry-after"]))


def events():
    with zipfile.ZipFile(sys.argv[1]) as wheel:
        rows = list(csv.DictReader(gzip.decompress(wheel.read("retentioneering/datasets/ecom.csv.gz")).decode().splitlines()))
    times = [datetime.datetime.fromisoformat(row["timestamp"]) for row in rows]
    later = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None) - datetime.timedelta(hours=1) - max(times)
    for number, (row, at) in enumerate(zip(rows, times)):
        common = {"occurred_at": (at + later).isoformat(timespec="seconds") + "Z", "customer_id": row["user_id"], "session_id": row["session_id"]}
        page = PAGES.get(row["event"], "/" + row["event"].replace("_", "-")).format(n=number % 50)
        yield row["event"], {"id": f"p{number}", "type": "page_view", "url": "https://shop.example" + page, **common}
        if row["event"] == "purchase":
            yield None, {"id": f"b{number}", "type": "purchase", **common}


def summary(values):
    values = sorted(values)
    return f"n {len(values)}, median {statistics.median(values):.1f}, from {values[0]} to {values[-1]}" if values else "none"


stream = list(events())
bought, seen = set(), collections.Counter()
for kind, event in stream:
    seen[event["session_id"]] += kind is not None
    if kind == "purchase":
        bought.add(event["session_id"])
started = time.monotonic()
for first in range(0, len(stream), 500):
    hark("POST", f"/api/public/{TENANT}/events", {"events": [event for _, event in stream[first : first + 500]]})
print(f"{len(stream)} events of {len(seen)} sessions in {time.monotonic() - started:.1f} s")
answers = {name: hark("GET", f"/context/realtime/{name}")["stats"] for name in sorted(seen)[:: len(seen) // SESSIONS][:SESSIONS]}
for title, chosen in (("bought", bought), ("did not buy", seen.keys() - bought)):
    some = [answer for name, answer in answers.items() if name in chosen]
    signals = collections.Counter(str(answer["type_of_signal"]) for answer in some)
    print(f"{title}: engagement {summary([answer['engagement_rate'] for answer in some])}")
    print(f"  seconds a page {summary([answer['avg_see_page'] for answer in some if answer['avg_see_page'] is not None])}")
    print(f"  signals {dict(signals)}; bots {sum(answer['is_bot'] for answer in some)}")
