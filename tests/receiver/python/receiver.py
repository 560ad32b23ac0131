"""receiver.py PORT SECRET: prints every verified message. Needs `pip install standardwebhooks==1.1.0`."""
import http.server
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

webhook, seen = Webhook(sys.argv[2]), set()  # a real receiver keeps the ids in its database, for some days


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            webhook.verify(body, dict(self.headers.items()))
        except WebhookVerificationError:
            return self.answer(401)
        self.answer(204)
        if self.headers["webhook-id"] not in seen:
            seen.add(self.headers["webhook-id"])
            print("verified", self.headers["webhook-id"], body.decode(), flush=True)

    def answer(self, status):
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_):
        pass


print("listening", flush=True)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
