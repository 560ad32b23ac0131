#!/usr/bin/env python3
"""Hark on one machine: builds the functions, runs an emulated AWS (ministack), deploys infra/template.yaml to it.

    hark.py up [--detach] [--state DIR]    start, or update the stack that runs; Ctrl-C stops all of it
    hark.py down | clean [--state DIR]     stop a detached stack; stop it and forget its data
    hark.py run [--state DIR] -- COMMAND   start if need be, run a command with the stack's environment, stop again
    hark.py load FILE                      push conversations, one JSON object a line, and wait until all are settled
    hark.py logs [FUNCTION]                print what the functions logged
    hark.py routes                         print the template's routes as the router of `cargo lambda watch`
    hark.py tools NAME                     install the pinned tools of requirements-NAME.txt and print their folder
    hark.py deploy                         build for AWS and deploy there

Standard library only. infra/README.md tells how it works and where ministack differs from AWS.
"""
import argparse
import contextlib
import fcntl
import hashlib
import io
import json
import os
import pathlib
import platform
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ElementTree
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = ROOT / "infra" / "local"
TEMPLATE = ROOT / "infra" / "template.yaml"
TOOLS = ROOT / ".local"
REGION = "us-east-1"
STACK = "hark"
TENANT = "demo"
ARTIFACTS = "hark-artifacts"

# What a laptop needs other than AWS: quick retries, few processes. --param overrides.
LOCAL_PARAMETERS = {
    "Arch": "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64",
    "AnalysisTimeout": "30",
    "AnalysisVisibilityTimeout": "30",
    "AnalysisMaxReceiveCount": "3",
    "AnalysisBatchSize": "5",
    "AnalysisConcurrency": "2",
    "ErasureSettleSeconds": "5",
    "WebhooksVisibilityTimeout": "30",
    "DeliveryConcurrency": "2",
    # Receivers of this machine, without certificates.
    "AllowPrivateWebhooks": "true",
    "AuditTimeout": "60",
    "AuditVisibilityTimeout": "60",
    "AuditMaxReceiveCount": "3",
    "InterviewsVisibilityTimeout": "30",
}

FIRST_CONVERSATION = {
    "conversations": [{
        "id": "first",
        "created_at": "2026-11-20T10:00:00Z",
        "messages": [
            {"id": "1", "created_at": "2026-11-20T10:00:00Z", "author_type": "customer", "content_type": "text",
             "body": "My invoice is wrong again and nobody has answered me for three days."},
            {"id": "2", "created_at": "2026-11-20T10:04:00Z", "author_type": "agent", "content_type": "text",
             "body": "I am sorry about the wait. I have corrected the invoice and refunded the difference."},
            {"id": "3", "created_at": "2026-11-20T10:06:00Z", "author_type": "customer", "content_type": "text",
             "body": "Great, that was quick. Thank you!"},
        ],
    }],
}


class Stop(Exception):
    """Ends the program with a message for the person who runs it."""


class Refused(Stop):
    """The API's answer to a request of ours that it does not accept."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


def say(text):
    print(f"hark: {text}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def step(text):
    say(f"{text} ...")
    started = time.monotonic()
    yield
    say(f"{text}: {time.monotonic() - started:.1f} s")


# ---- Tools ------------------------------------------------------------------------------------------------------------------

def check_tools(needs_rust):
    mac = sys.platform == "darwin"
    missing = []
    if needs_rust and not shutil.which("cargo"):
        missing.append("cargo (Rust)           curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh")
    if needs_rust and not shutil.which("cc"):
        missing.append("cc (a C compiler)      " + ("xcode-select --install" if mac else "sudo apt-get install build-essential"))
    if sys.version_info < (3, 10):
        missing.append("Python 3.10 or newer   " + ("brew install python3" if mac else "sudo apt-get install python3 python3-venv"))
    try:
        import ensurepip, venv  # noqa: F401 - Debian ships them apart from python3
    except ImportError:
        missing.append("Python's venv module   sudo apt-get install python3-venv")
    if missing:
        raise Stop("these are missing; install them and run the command again\n  " + "\n  ".join(missing))


def install(name, requirements):
    """A virtual environment under .local/ with exactly the given requirements; made again when they change."""
    folder, wanted = TOOLS / name, requirements.read_text() + sys.version
    marker = folder / "installed"
    if not marker.exists() or marker.read_text() != wanted:
        with step(f"installing {requirements.relative_to(ROOT)} into {folder.relative_to(ROOT)}"):
            shutil.rmtree(folder, ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", folder], check=True)
            subprocess.run([folder / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements], check=True)
            marker.write_text(wanted)
    return folder / "bin"


def install_tools(name):
    check_tools(needs_rust=False)
    return install(name, HERE / f"requirements-{name}.txt")


# ---- Functions --------------------------------------------------------------------------------------------------------------

def function_names():
    return re.findall(r"CodeUri: \.\./dist/([a-z-]+)/", TEMPLATE.read_text())


def build_functions(names, with_tests):
    """Paths of the bootstraps by function. HARK_BOOTSTRAPS names a folder of <function>/bootstrap to use instead of a build."""
    if "HARK_BOOTSTRAPS" in os.environ:
        folder = pathlib.Path(os.environ["HARK_BOOTSTRAPS"]).resolve()
        return {name: folder / name / "bootstrap" for name in names}
    command = ["cargo", "build", "--message-format=json-render-diagnostics"]
    # With the tests' features, so that the same libraries then serve the tests: nothing is compiled twice.
    command += ["--workspace", "--bins", "--tests"] if with_tests else [part for name in names for part in ("-p", name)]
    if os.environ.get("RELEASE") == "1":
        command.append("--release")
    with step("building " + ", ".join(names)):
        build = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if build.returncode != 0:
        raise Stop("the build failed; the compiler's messages are above")
    binaries = {}
    for line in build.stdout.splitlines():
        message = json.loads(line)
        if message.get("executable") and message["target"]["kind"] == ["bin"] and not message["profile"]["test"]:
            binaries[message["target"]["name"]] = pathlib.Path(message["executable"])
    absent = [name for name in names if name not in binaries]
    if absent:
        raise Stop(f"the template has functions without a program of that name in the workspace: {', '.join(absent)}")
    return {name: binaries[name] for name in names}


def package(source, target):
    """A zip of the stripped bootstrap at `target`; kept while the source is the same. Returns its sha256."""
    stamp = source.stat()
    stamp = f"{source} {stamp.st_mtime_ns} {stamp.st_size}"
    note = target.with_suffix(".source")
    if not target.exists() or not note.exists() or note.read_text() != stamp:
        target.parent.mkdir(parents=True, exist_ok=True)
        stripped = target.with_suffix(".bootstrap")
        if shutil.which("strip"):
            subprocess.run(["strip", "-S", "-o", stripped, source], check=True)
        else:
            shutil.copyfile(source, stripped)
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr(entry, stripped.read_bytes())
        stripped.unlink()
        note.write_text(stamp)
    return hashlib.sha256(target.read_bytes()).hexdigest()


# ---- The emulated AWS -------------------------------------------------------------------------------------------------------

class Cloud:
    """The few AWS calls that a deployment needs. ministack reads service and region from the signature and checks nothing else."""

    def __init__(self, port):
        self.endpoint = f"http://127.0.0.1:{port}"

    def call(self, service, method, path, body=b"", headers=None):
        credential = f"test/20260101/{REGION}/{service}/aws4_request"
        request = urllib.request.Request(self.endpoint + path, data=body or None, method=method, headers={
            "Authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0", **(headers or {})})
        try:
            with urllib.request.urlopen(request, timeout=120) as reply:
                return reply.headers, reply.read()
        except urllib.error.HTTPError as error:
            raise Stop(f"{service} {method} {path}: {error.code} {error.read().decode(errors='replace')[:600]}") from None

    def json(self, service, method, path, body=None, target=None):
        headers = {"Content-Type": "application/json"}
        if target:
            headers |= {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target}
        return json.loads(self.call(service, method, path, json.dumps(body).encode() if body is not None else b"", headers)[1] or b"{}")

    def cloudformation(self, action, **fields):
        form = urllib.parse.urlencode({"Action": action, "Version": "2010-05-15", **fields}).encode()
        _, body = self.call("cloudformation", "POST", "/", form, {"Content-Type": "application/x-www-form-urlencoded"})
        return ElementTree.fromstring(re.sub(rb' xmlns="[^"]*"', b"", body))

    def stack(self):
        """Status and outputs, or None when there is no stack."""
        try:
            found = self.cloudformation("DescribeStacks", StackName=STACK).find(".//Stacks/member")
        except Stop as missing:
            if "does not exist" in str(missing):
                return None
            raise
        outputs = {o.findtext("OutputKey"): o.findtext("OutputValue") for o in found.iterfind("Outputs/member")}
        return found.findtext("StackStatus"), outputs

    def invoke(self, function, event):
        headers, body = self.call("lambda", "POST", f"/2015-03-31/functions/{function}/invocations", json.dumps(event).encode())
        return json.loads(body), "X-Amz-Function-Error" in headers

    def ready(self):
        with contextlib.suppress(OSError):
            with urllib.request.urlopen(self.endpoint + "/_ministack/health", timeout=5) as reply:
                return reply.status == 200
        return False


class Local:
    """One local stack: its folder, its ministack process, its note of what is deployed."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder) if pathlib.Path(folder).is_absolute() else ROOT / folder
        self.note = self.folder / "stack.json"
        self.started = None

    def __str__(self):
        return str(self.folder.relative_to(ROOT) if self.folder.is_relative_to(ROOT) else self.folder)

    def read(self):
        return json.loads(self.note.read_text()) if self.note.exists() else {}

    def write(self, **changes):
        self.note.write_text(json.dumps({**self.read(), **changes}, indent=1))

    @property
    def cloud(self):
        return Cloud(self.read()["port"])

    def pid(self):
        """The running ministack's process id, or None."""
        pid = self.read().get("pid")
        if pid is None:
            return None
        shown = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], stdout=subprocess.PIPE, text=True).stdout
        return pid if "ministack" in shown else None

    @contextlib.contextmanager
    def lock(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.folder / "lock", "w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                say(f"another command works on {self}; waiting for it")
                fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def start(self, python):
        port, before = free_port(self.read().get("port")), self.read().get("port")
        state = self.folder / "aws"
        if before and before != port:
            say(f"port {before} is taken by another program: using {port}")
            move_port(state, before, port)
        temporary = self.folder / "tmp"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
            "GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1",
            # An address rather than a name, so that S3 clients put the bucket into the path.
            "MINISTACK_HOST": "127.0.0.1", "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "MINISTACK_REGION": REGION, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
            "PERSIST_STATE": "1", "STATE_DIR": str(state), "S3_PERSIST": "1", "S3_DATA_DIR": str(state / "s3"),
            "TMPDIR": str(temporary), "SFTP_ENABLED": "0", "IOT_MTLS_ENABLED": "0", "LOG_LEVEL": "WARNING",
            # AWS's own default; ministack's depends on the memory and is as low as 16.
            "LAMBDA_ACCOUNT_CONCURRENCY": "1000", "LAMBDA_WARM_TTL_SECONDS": "60",
        }
        with open(self.folder / "ministack.log", "w") as log:
            self.started = subprocess.Popen([python, "-m", "ministack"], env=environment, cwd=temporary, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, start_new_session=True)
        self.write(port=port, pid=self.started.pid)
        deadline = time.monotonic() + 60
        while not self.cloud.ready():
            if self.started.poll() is not None or time.monotonic() > deadline:
                raise Stop(f"ministack did not start; the end of {self}/ministack.log:\n{self.log_end()}")
            time.sleep(0.1)

    def log_end(self):
        return "\n".join((self.folder / "ministack.log").read_text(errors="replace").splitlines()[-15:])

    def stop(self):
        """Lets ministack write its state, then ends what is left of its process group: the functions."""
        pid = self.pid()
        if pid is None:
            return False
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not leave half of it behind
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and (self.started.poll() is None if self.started else self.pid() is not None):
            time.sleep(0.05)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
        self.write(pid=None)
        (self.folder / "env").unlink(missing_ok=True)
        return True


def free_port(preferred):
    for port in (preferred, 0):
        if port is None:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return probe.getsockname()[1]
    raise Stop("no free port on 127.0.0.1")


def move_port(state, before, after):
    """ministack's saved state names its own address, in queue URLs above all."""
    for file in state.glob("*.json"):
        text = file.read_text()
        file.write_text(text.replace(f"127.0.0.1:{before}", f"127.0.0.1:{after}"))


# ---- Deployment to the emulated AWS -----------------------------------------------------------------------------------------

def deploy_locally(local, bootstraps, parameters):
    """Deploys the template when it, a parameter or a bootstrap has changed. Returns the stack's outputs."""
    cloud, packages, template = local.cloud, {}, TEMPLATE.read_text()
    for name, source in bootstraps.items():
        if not source.exists():
            raise Stop(f"{source} does not exist")
        archive = local.folder / "functions" / f"{name}.zip"
        key = f"{name}-{package(source, archive)}.zip"
        packages[key] = archive
        template = template.replace(f"CodeUri: ../dist/{name}/", f"CodeUri: s3://{ARTIFACTS}/{key}")
    fingerprint = hashlib.sha256((template + json.dumps(parameters, sort_keys=True) + pathlib.Path(__file__).read_text()).encode()).hexdigest()
    existing = cloud.stack()
    if existing and local.read().get("deployed") == fingerprint:
        say("template and functions are as deployed")
        return existing[1]
    if not existing:
        # ministack lost or never had its state: keys made before are gone with it.
        (local.folder / "tenant.json").unlink(missing_ok=True)
    with step("deploying infra/template.yaml"):
        cloud.call("s3", "PUT", f"/{ARTIFACTS}")
        for key, archive in packages.items():
            cloud.call("s3", "PUT", f"/{ARTIFACTS}/{key}", archive.read_bytes())
        # By address, as `sam deploy` does: in a request a template may have 51,200 bytes.
        cloud.call("s3", "PUT", f"/{ARTIFACTS}/template.yaml", template.encode())
        fields = {"StackName": STACK, "TemplateURL": f"{cloud.endpoint}/{ARTIFACTS}/template.yaml", "Capabilities.member.1": "CAPABILITY_IAM", "Capabilities.member.2": "CAPABILITY_AUTO_EXPAND"}
        for number, (name, value) in enumerate(parameters.items(), 1):
            fields |= {f"Parameters.member.{number}.ParameterKey": name, f"Parameters.member.{number}.ParameterValue": value}
        try:
            cloud.cloudformation("UpdateStack" if existing else "CreateStack", **fields)
        except Stop as refused:
            if "No updates are to be performed" not in str(refused):
                raise
        status, outputs = cloud.stack()
        while status.endswith("_IN_PROGRESS"):
            time.sleep(0.1)
            status, outputs = cloud.stack()
        if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            events = cloud.cloudformation("DescribeStackEvents", StackName=STACK).iterfind(".//StackEvents/member")
            reasons = [f"  {e.findtext('LogicalResourceId')}: {e.findtext('ResourceStatusReason')}" for e in events if "FAILED" in e.findtext("ResourceStatus", "")]
            raise Stop(f"the stack ended as {status}; `make clean` starts anew\n" + "\n".join(reasons))
        for key in [*packages, "template.yaml"]:
            cloud.call("s3", "DELETE", f"/{ARTIFACTS}/{key}")
        finish_what_ministack_leaves_out(cloud, outputs)
    local.write(deployed=fingerprint)
    return outputs


def finish_what_ministack_leaves_out(cloud, outputs):
    """Properties of the template that ministack's CloudFormation drops or stores in a form that its services cannot read."""
    api = cloud.json("apigateway", "GET", f"/v2/apis/{outputs['ApiId']}")
    cors = {name[0].lower() + name[1:]: value for name, value in api.get("corsConfiguration", {}).items()}
    cors["maxAge"] = int(cors["maxAge"])
    cloud.json("apigateway", "PATCH", f"/v2/apis/{outputs['ApiId']}", {"corsConfiguration": cors})
    for table in (value for name, value in outputs.items() if name.endswith("Table")):
        ttl = cloud.json("dynamodb", "POST", "/", {"TableName": table}, "DynamoDB_20120810.DescribeTimeToLive")["TimeToLiveDescription"]
        if ttl["TimeToLiveStatus"] == "DISABLED":
            cloud.json("dynamodb", "POST", "/", {"TableName": table, "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": True}},
                       "DynamoDB_20120810.UpdateTimeToLive")
    # Numbers that come from parameters arrive as text, on which the poller of the queues stumbles.
    for source in cloud.json("lambda", "GET", "/2015-03-31/event-source-mappings/")["EventSourceMappings"]:
        cloud.json("lambda", "PUT", f"/2015-03-31/event-source-mappings/{source['UUID']}", {
            "BatchSize": int(source["BatchSize"]),
            "ScalingConfig": {"MaximumConcurrency": int(source["ScalingConfig"]["MaximumConcurrency"])}})
    # The API is not at the host that AWS would give it.
    for function in cloud.json("lambda", "GET", "/2015-03-31/functions/")["Functions"]:
        variables = function["Environment"]["Variables"]
        if "HARK_PUBLIC_URL" in variables:
            variables["HARK_PUBLIC_URL"] = public_url(cloud, outputs)
            cloud.json("lambda", "PUT", f"/2015-03-31/functions/{function['FunctionName']}/configuration", {"Environment": {"Variables": variables}})


def public_url(cloud, outputs):
    return f"{cloud.endpoint}/_aws/execute-api/{outputs['ApiId']}"


def first_key(local, outputs):
    """The token of tenant demo; made once and kept beside the data."""
    file = local.folder / "tenant.json"
    if not file.exists():
        reply, failed = local.cloud.invoke(outputs["AccountsFunction"], {"admin": "create_tenant", "tenant": TENANT, "name": "Demo"})
        if failed and "exist" in json.dumps(reply):
            reply, failed = local.cloud.invoke(outputs["AccountsFunction"], {"admin": "create_key", "tenant": TENANT, "name": "local"})
        if failed or "token" not in reply:
            raise Stop(f"accounts did not make tenant {TENANT}: {json.dumps(reply)}")
        file.touch(mode=0o600)
        file.write_text(json.dumps(reply))
    return json.loads(file.read_text())["token"]


def environment_of(local, outputs, token):
    """What a program needs to speak to this stack: as a caller (HARK_URL ...) and as a function (HARK_MAIN_TABLE ...)."""
    cloud = local.cloud
    environment = {
        "HARK_URL": public_url(cloud, outputs), "HARK_TENANT": TENANT, "HARK_TOKEN": token,
        "HARK_STATE": str(local.folder), "HARK_MINISTACK_PID": str(local.pid()),
        "AWS_ENDPOINT_URL": cloud.endpoint, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION,
    }
    for name, value in outputs.items():
        if name.endswith("DeadLettersUrl"):
            environment["HARK_" + re.sub("(?<!^)(?=[A-Z])", "_", name).upper()] = value
    for function in cloud.json("lambda", "GET", "/2015-03-31/functions/")["Functions"]:
        environment |= {name: value for name, value in function["Environment"]["Variables"].items() if name.startswith("HARK_")}
    file = local.folder / "env"
    file.touch(mode=0o600)
    file.write_text("".join(f"export {name}='{value}'\n" for name, value in environment.items()))
    return environment


def tour(local, environment):
    base, key = f"{environment['HARK_URL']}/api/public/{TENANT}", f"-H 'authorization: Bearer {environment['HARK_TOKEN']}'"
    body = "-H 'content-type: application/json' -d"
    reply = local.folder / "first.json"
    print(f"""
Hark runs at {environment['HARK_URL']}
Reference    {environment['HARK_URL']}/docs
Environment  . {local}/env    (HARK_URL, HARK_TENANT, HARK_TOKEN, AWS_ENDPOINT_URL and the rest)

Push a conversation, see its batch, read the analysis:

curl -s {key} {body} '{json.dumps(FIRST_CONVERSATION, separators=(",", ":"))}' {base}/conversations | tee {reply}

curl -s {key} {base}/batches/$(sed 's/.*"batch_id":"\\([^"]*\\)".*/\\1/' {reply})

curl -s {key} {body} '{{}}' {base}/conversations/fetch
""", flush=True)


def bring_up(local, parameters, with_tests=False):
    """Builds, starts ministack unless it runs, deploys. Returns the stack's environment."""
    own_bootstraps = "HARK_BOOTSTRAPS" in os.environ
    check_tools(needs_rust=not own_bootstraps)
    tools = install("stack", HERE / "requirements.txt")
    bootstraps = build_functions(function_names(), with_tests)
    with local.lock():
        if local.pid() is not None:
            say(f"a stack with state {local} runs already (ministack is process {local.pid()}): using it")
        else:
            with step("starting ministack"):
                local.start(tools / "python")
        outputs = deploy_locally(local, bootstraps, {**LOCAL_PARAMETERS, **parameters})
        return environment_of(local, outputs, first_key(local, outputs))


# ---- Commands ---------------------------------------------------------------------------------------------------------------

def up(options):
    local = Local(options.state)
    try:
        environment = bring_up(local, dict(options.param))
        tour(local, environment)
        if options.detach or local.started is None:
            local.started = None
            return 0
        say("Ctrl-C stops everything; the data stays")
        with contextlib.suppress(KeyboardInterrupt):
            code = local.started.wait()
            if code != 0:
                raise Stop(f"ministack ended by itself (exit code {code}); the end of {local}/ministack.log:\n{local.log_end()}")
        return 0
    finally:
        if local.started is not None and local.stop():
            say("stopped")


def down(options):
    local = Local(options.state)
    say(f"stopped the stack of {local}" if local.stop() else f"no stack of {local} runs")
    return 0


def clean(options):
    down(options)
    shutil.rmtree(Local(options.state).folder, ignore_errors=True)
    return 0


def run(options):
    local = Local(options.state)
    try:
        environment = bring_up(local, dict(options.param), options.with_tests)
        command = subprocess.Popen(options.command, env={**os.environ, **environment})
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends Ctrl-C to the command too, which then ends
        try:
            return command.wait()
        except KeyboardInterrupt:
            command.terminate()
            command.wait()
            raise
    finally:
        if local.started is not None:
            local.stop()


def logs(options):
    local = Local(options.state)
    if local.pid() is None:
        raise Stop(f"no stack of {local} runs")
    lines = []
    for name in [options.function] if options.function else function_names():
        events = local.cloud.json("logs", "POST", "/", {"logGroupName": f"/aws/lambda/{STACK}-{name}"}, "Logs_20140328.FilterLogEvents")["events"]
        lines += [(event["timestamp"], name, event["message"].rstrip()) for event in events if not re.match("(START|END|REPORT) RequestId", event["message"])]
    for at, name, message in sorted(lines)[-options.lines:]:
        print(time.strftime("%H:%M:%S", time.localtime(at / 1000)), name, message)
    return 0


def routes(_):
    """The API's routes, so that `cargo lambda watch` serves the same paths on one port."""
    text = TEMPLATE.read_text()
    function_of = dict(re.findall(r"^  (\w+)Function:\n(?:.*\n)*?      CodeUri: \.\./dist/([a-z-]+)/", text, re.MULTILINE))
    table = {}
    for key, integration in re.findall(r"RouteKey: (.+)\n\s+Target: !Sub integrations/\$\{(\w+)Integration\}", text):
        method, _, path = key.partition(" ")
        table.setdefault(path or "/{*path}", []).append((method, function_of[integration]))
    print("# Made from infra/template.yaml by `infra/local/hark.py routes`.\n[workspace.metadata.lambda.watch.router]")
    for path, targets in table.items():
        if path == "/{*path}":
            print(f'"{path}" = "{targets[0][1]}"')
        else:
            print(f'"{path}" = [' + ", ".join(f'{{ function = "{function}", method = "{method}" }}' for method, function in targets) + "]")
    return 0


def tools(options):
    print(install_tools(options.name))
    return 0


def deploy(options):
    """Builds each function by itself (features of one must not leak into another), then sam deploy, then the first key."""
    check_tools(needs_rust=True)
    watch, lint, staging = install_tools("watch"), install_tools("lint"), ROOT / "dist"
    path = {**os.environ, "PATH": f"{watch}{os.pathsep}{lint}{os.pathsep}{os.environ['PATH']}", "SAM_CLI_TELEMETRY": "0"}
    shutil.rmtree(staging, ignore_errors=True)
    for name in function_names():
        with step(f"building {name} for arm64"):
            subprocess.run(["cargo", "lambda", "build", "--release", "--arm64", "-p", name, "--lambda-dir", staging], cwd=ROOT, env=path, check=True)
    with step("sam deploy"):
        subprocess.run(["sam", "deploy", "--config-file", ROOT / "infra" / "samconfig.toml", "--template-file", TEMPLATE], cwd=ROOT, env=path, check=True)
    event = ROOT / "events" / "accounts" / "create_tenant.json"
    invoke = ["sam", "remote", "invoke", "AccountsFunction", "--stack-name", STACK, "--event-file", event]
    reply = subprocess.run(invoke, cwd=ROOT, env=path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if '"token"' in reply.stdout:
        say(f"the first tenant's key, from {event.relative_to(ROOT)}; the token is shown this once")
        print(reply.stdout.strip())
        return 0
    if "exist" in reply.stdout + reply.stderr:
        say("the first tenant exists since an earlier deployment; infra/README.md tells how to make another key")
        return 0
    raise Stop(f"deployed, but accounts did not make the first tenant:\n{reply.stdout}{reply.stderr}")


# ---- Loading ----------------------------------------------------------------------------------------------------------------

OUTCOMES = ("analyzed", "not_scored", "unchanged", "stale", "failed")
REQUEST_CONVERSATIONS = 100
REQUEST_BYTES = 5_500_000
SILENCE_SECONDS = 300


def environment_for_load(state):
    """HARK_URL, HARK_TENANT and HARK_TOKEN: the caller's own, else those of the local stack."""
    found = {}
    file = Local(state).folder / "env"
    if file.exists():
        found = dict(re.findall(r"^export (\w+)='(.*)'$", file.read_text(), re.MULTILINE))
    names = ("HARK_URL", "HARK_TENANT", "HARK_TOKEN")
    found |= {name: os.environ[name] for name in names if name in os.environ}
    absent = [name for name in names if name not in found]
    if absent:
        raise Stop(f"{', '.join(absent)} not set and no local stack runs: start one with `make up`")
    return found


def read_requests(file):
    """Groups of (first line number, lines) that each fit one request."""
    numbers, group, size = [], [], 0
    with open(file, "rb") as handle:
        for number, line in enumerate(handle, 1):
            line = line.strip()
            if not line:
                continue
            try:
                fine = isinstance(json.loads(line), dict)
            except ValueError:
                fine = False
            if not fine:
                raise Stop(f"{file}:{number} is not a JSON object; nothing was sent")
            if group and (len(group) == REQUEST_CONVERSATIONS or size + len(line) + 1 > REQUEST_BYTES):
                yield numbers, group
                numbers, group, size = [], [], 0
            numbers.append(number)
            group.append(line)
            size += len(line) + 1
    if group:
        yield numbers, group


def request(url, token, body=None):
    """The reply's JSON, after as many waits as the server asks for."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    while True:
        try:
            with urllib.request.urlopen(urllib.request.Request(url, data=body, headers=headers), timeout=60) as reply:
                return json.load(reply)
        except urllib.error.HTTPError as error:
            if error.code in (429, 503) and "Retry-After" in error.headers:
                time.sleep(float(error.headers["Retry-After"]))
                continue
            raise Refused(error.code, f"{url}: {error.code} {error.read().decode(errors='replace')[:2000]}") from None
        except OSError as error:
            raise Stop(f"{url}: {error}") from None


def bar(label, done, total):
    if sys.stderr.isatty():
        filled = round(30 * done / max(total, 1))
        print(f"\r{label:9} [{'#' * filled}{'.' * (30 - filled)}] {done}/{total}", end="", file=sys.stderr, flush=True)


def end_bar():
    if sys.stderr.isatty():
        print(file=sys.stderr)


def count(value):
    return len(value) if isinstance(value, list) else value or 0


def load(options):
    environment = environment_for_load(options.state)
    base = f"{environment['HARK_URL'].rstrip('/')}/api/public/{environment['HARK_TENANT']}"
    total = sum(len(group) for _, group in read_requests(options.file))  # a first pass, so that a broken line stops it before anything is sent
    started, sent, refused, batches = time.monotonic(), 0, 0, []
    for numbers, group in read_requests(options.file):
        try:
            reply = request(f"{base}/conversations?mode=partial", environment["HARK_TOKEN"], b'{"conversations":[' + b",".join(group) + b"]}")
            batches.append(reply["batch_id"])
            for rejected in reply.get("rejected", []):
                print(f"\n{options.file}:{numbers[rejected['index']]} refused: {json.dumps(rejected)}", file=sys.stderr)
                refused += 1
        except Refused as answer:
            if answer.status != 422:
                raise
            print(f"\n{options.file}:{numbers[0]}-{numbers[-1]} refused: {answer}", file=sys.stderr)
            refused += len(group)
        sent += len(group)
        bar("sent", sent, total)
    end_bar()

    outcome, waiting, last_change = {}, list(batches), time.monotonic()
    expected = total - refused
    while waiting:
        before = sum(sum(o.values()) for o in outcome.values())
        for batch in list(waiting):
            state = request(f"{base}/batches/{batch}", environment["HARK_TOKEN"])
            outcome[batch] = {name: count(state.get(name)) for name in OUTCOMES}
            if sum(outcome[batch].values()) >= count(state["accepted"]):
                waiting.remove(batch)
            settled = sum(sum(o.values()) for o in outcome.values())
            bar("settled", settled, expected)
        if settled != before:
            last_change = time.monotonic()
        if time.monotonic() - last_change > SILENCE_SECONDS:
            break
        if waiting:
            time.sleep(1)
    end_bar()

    totals = {name: sum(o[name] for o in outcome.values()) for name in OUTCOMES}
    lost = expected - sum(totals.values())
    seconds = time.monotonic() - started
    print(f"{total} conversations in {len(batches)} batches, {seconds:.1f} s: " + ", ".join(f"{value} {name}" for name, value in totals.items())
          + f", {refused} refused, {lost} lost")
    return 1 if lost or refused or totals["failed"] else 0


# ---- Command line -----------------------------------------------------------------------------------------------------------

def assignment(text):
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not Name=value")
    return name, value


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(function, *arguments, state=True):
        added = commands.add_parser(function.__name__)
        added.set_defaults(handler=function)
        if state:
            added.add_argument("--state", default=".hark", help="folder of the stack's data (default: .hark)")
        for names, settings in arguments:
            added.add_argument(*names, **settings)

    param = (["--param"], {"action": "append", "default": [], "type": assignment, "metavar": "NAME=VALUE", "help": "a parameter of the template"})
    command(up, param, (["--detach"], {"action": "store_true", "help": "return when the stack is up; `down` stops it"}))
    command(down)
    command(clean)
    command(run, param, (["--with-tests"], {"action": "store_true", "help": "build functions and tests together"}),
            (["command"], {"nargs": "+", "metavar": "COMMAND"}))
    command(load, (["file"], {"type": pathlib.Path}))
    command(logs, (["function"], {"nargs": "?"}), (["--lines"], {"type": int, "default": 100}))
    command(routes, state=False)
    command(tools, (["name"], {"choices": ["bench", "lint", "receiver", "watch"]}), state=False)
    command(deploy, state=False)

    def interrupt(*_):
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGHUP, interrupt)
    options = parser.parse_args()
    try:
        return options.handler(options)
    except KeyboardInterrupt:
        return 130
    except (Stop, subprocess.CalledProcessError) as error:
        say(error)
        return 1


if __name__ == "__main__":
    sys.exit(main())
