#!/usr/bin/env python3
"""Holds a running mb serve to its contract with schemathesis, once for each role.

usage: run.py MB [--roles viewer,operator,admin] [--examples N]

MB is the program. Schemathesis is installed once, in the pinned versions of requirements.txt. Each role gets a server and a store
of its own, with a business that has everything and a job that has ended. The last line says how many cases were sent, how many
failed, and how many answers were a failure of the server's; the exit code is 1 when any is.
"""

import argparse
import hashlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
STATE = HERE.parents[2] / ".marketbrewer" / "contract"


def schemathesis():
    """Install schemathesis where it is not, and return its program."""
    pins = (HERE / "requirements.txt").read_bytes()
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "marketbrewer" / "contract"
    folder = cache / hashlib.sha256(pins).hexdigest()[:16]
    program = folder / "bin" / "schemathesis"
    if not (folder / ".done").exists():
        print("contract: installing schemathesis", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run([str(folder / "bin" / "pip"), "install", "-q", "--disable-pip-version-check", "-r", str(HERE / "requirements.txt")], check=True)
        (folder / ".done").touch()
    return program


class Server:
    """A running mb serve with the simulated Claude, and no limit of requests."""

    def __init__(self, mb, folder, role):
        self.log = folder / "serve.log"
        store = "bolt:" + str(folder / "store.db")
        self.admin = self.make_token(mb, store, "admin", "setup")
        self.token = self.make_token(mb, store, role, "contract")
        self.process = subprocess.Popen(
            [mb, "serve", "--store", store, "--listen", "127.0.0.1:0", "--simulate", "--simulate-speed", "200", "--rate-limit", "off"],
            stdout=subprocess.PIPE, stderr=open(self.log, "w"), text=True)
        self.url = ""
        for line in self.process.stdout:
            found = re.search(r"listening on (http://\S+)", line)
            if found:
                self.url = found.group(1)
                break
        if not self.url:
            raise SystemExit("contract: the server did not start: " + self.log.read_text())

    @staticmethod
    def make_token(mb, store, role, name):
        made = subprocess.run([mb, "tokens", "create", "--store", store, "--name", name, "--role", role], check=True, capture_output=True, text=True)
        return made.stdout.strip()

    def call(self, method, path, body=None, **headers):
        """Make a request as the admin and return its JSON."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method)
        request.add_header("Authorization", "Bearer " + self.admin)
        request.add_header("Content-Type", "application/json")
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        try:
            with urllib.request.urlopen(request) as answer:
                text = answer.read()
        except urllib.error.HTTPError as failed:
            raise SystemExit(f"contract: {method} {path}: {failed.code}: {failed.read().decode()}") from failed
        return json.loads(text) if text else None

    def business(self):
        """Make a business with something of everything, and return its id."""
        made = self.call("POST", "/api/businesses", {
            "name": "Harbor Plumbing", "industry_type": "Plumber", "phone": "(207) 555-0123", "website": "https://harbor.example.com",
            "email": "office@harbor.example.com", "gbp_url": "https://maps.example.com/harbor", "primary_city": "Portland", "primary_state": "ME"})
        base = "/api/businesses/" + made["business"]["id"]
        for name in ("Drain cleaning", "Water heaters"):
            self.call("POST", base + "/services", {"name": name})
        self.call("POST", base + "/keywords/bulk", {"rows": [{"keyword": "emergency plumber"}, {"keyword": "drain cleaning"}]})
        self.call("POST", base + "/service-areas/bulk", {"rows": [{"city": "Saco", "state": "ME"}, {"city": "Gorham", "state": "ME"}]})
        self.call("POST", base + "/locations", {"name": "Main shop", "city": "Portland", "state": "ME", "street_address": "1 Main St", "postal_code": "04101"})
        return made["business"]["id"]

    def job(self, business):
        """Make a job, wait until it has ended, and return its id."""
        made = self.call("POST", f"/api/businesses/{business}/generate", {"page_type": "keyword-service-area"}, Idempotency_Key="contract-" + business)
        path = f"/api/businesses/{business}/jobs/{made['job']['id']}"
        deadline = time.monotonic() + 120
        while self.call("GET", path)["job"]["status"] not in ("completed", "partial", "failed"):
            if time.monotonic() > deadline:
                raise SystemExit("contract: the job does not end")
            time.sleep(0.2)
        return made["job"]["id"]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.stdout.read()
        return self.process.wait(timeout=60)


def run(program, mb, role, examples):
    """Send the cases of one role. Returns how many were sent, how many failed, and how many answers were 5xx."""
    with tempfile.TemporaryDirectory() as name:
        server = Server(mb, pathlib.Path(name), role)
        try:
            STATE.mkdir(parents=True, exist_ok=True)
            businesses = [server.business() for _ in range(3)]
            (STATE / "businesses").write_text(f'"{businesses[0]}"\n')
            (STATE / "doomed").write_text("".join(f'"{one}"\n' for one in businesses[1:]))
            (STATE / "jobs").write_text(f'"{server.job(businesses[0])}"\n')
            contract = STATE / "openapi.json"
            contract.write_text(json.dumps(server.call("GET", "/api/openapi.json")))
            # An admin who switches spending off has everybody who begins something answered 503, so that row comes last and alone.
            parts = [sent(program, server, contract, f"{role}-{part}", examples, choice)
                     for part, choice in (("all", "--exclude-operation-id"), ("switch", "--include-operation-id"))]
        finally:
            code = server.stop()
        if code != 0:
            print(f"contract: the server ended with {code}: {server.log.read_text()[-2000:]}", file=sys.stderr)
        return (*(sum(numbers) for numbers in zip(*parts)), code)


def sent(program, server, contract, name, examples, choice):
    """Send the cases of all routes but the spending switch, or of that alone."""
    report = STATE / f"{name}.ndjson"
    done = subprocess.run(
        [str(program), "--config-file", str(HERE / "schemathesis.toml"), "run", str(contract), "--url", server.url, "-H", "Authorization: Bearer " + server.token,
         choice, "spending-set", "-n", str(examples), "--report", "ndjson", "--report-ndjson-path", str(report)], capture_output=True, text=True, check=False)
    (STATE / f"{name}.txt").write_text(done.stdout + done.stderr)
    return count(done, report)


def count(done, report):
    """Read what a run came to."""
    found = re.search(r"([\d,]+) generated", done.stdout)
    if not found:
        raise SystemExit("contract: schemathesis did not run: " + (done.stdout + done.stderr)[-2000:])
    failed = re.search(r"(\d+) unique failures?", done.stdout)
    broken = len(re.findall(r'"status_code":\s*5\d\d', report.read_text()))
    if done.returncode != 0:
        lines = [line[:300] for line in done.stdout.splitlines() if line.strip()]
        print("\n".join(lines[-120:]))
    failures = int(failed.group(1)) if failed else int(done.returncode != 0)
    return int(found.group(1).replace(",", "")), failures, broken


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mb")
    parser.add_argument("--roles", default="viewer,operator,admin")
    parser.add_argument("--examples", type=int, default=200)
    args = parser.parse_args()
    program, bad = schemathesis(), False
    for role in args.roles.split(","):
        begin = time.monotonic()
        sent, failures, broken, code = run(program, str(pathlib.Path(args.mb).resolve()), role, args.examples)
        bad = bad or failures > 0 or broken > 0 or code != 0
        print(f"contract: role={role} examples={args.examples} cases={sent} failures={failures} 5xx={broken} seconds={time.monotonic() - begin:.0f}", flush=True)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
