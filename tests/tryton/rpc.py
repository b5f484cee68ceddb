"""A small client of Tryton's JSON-RPC: one session, values as Tryton encodes them."""

import base64
import itertools
import json
import urllib.request


class Refused(Exception):
    """Tryton answered a call with an error."""


class Rpc:
    def __init__(self, base_url, database):
        self.url = f"{base_url}/{database}/rpc/"
        self.headers = {"Content-Type": "application/json"}
        self.context = {}
        self.ids = itertools.count(1)

    def login(self, login, password):
        user, token = self.send("common.db.login", [login, {"password": password}, "en"])[:2]
        session = base64.b64encode(f"{login}:{user}:{token}".encode()).decode()
        self.headers["Authorization"] = f"Session {session}"
        self.context = self.send("model.res.user.get_preferences", [True, {}])
        return self

    def send(self, method, params):
        body = json.dumps({"id": next(self.ids), "method": method, "params": params}).encode()
        request = urllib.request.Request(self.url, body, self.headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            # Not asked for gzip, Tryton names it and sends plain JSON: its header is not read.
            reply = json.loads(answer.read())
        if "error" in reply:
            raise Refused(f"{method}: {reply['error']}")
        return reply["result"]

    def call(self, model, method, *params):
        return self.send(f"model.{model}.{method}", [*params, self.context])

    def find(self, model, domain, fields):
        return self.call(model, "search_read", domain, 0, None, [["id", "ASC"]], fields)


def decimal(value):
    return {"__class__": "Decimal", "decimal": str(value)}


def date(day):
    return {"__class__": "date", "year": day.year, "month": day.month, "day": day.day}
