"""An apiserver's EncryptionConfiguration: its rules, and what its keys are like, told there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from chaos.cluster.facts import EncryptionConfig, EncryptionRule, NotAvailable
from chaos.cluster.shell import Said

# Keys that documentation and tutorials print, for others to copy: no secrets any more.
PUBLISHED = (
    "c2VjcmV0IGlzIHNlY3VyZQ==",
    "dGhpcyBpcyBwYXNzd29yZA==",
    "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXoxMjM0NTY=",
    "c2VjcmV0IGlzIHNlY3VyZSwgb3IgaXMgaXQ/Cg==",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
)
_MARK = "== "
_FLAG = "--encryption-provider-config"
# Seconds by which the times of a file and of a process may lie apart: both are cut to whole ones.
_SLACK = 2
_SECRET = "secret[\\\"']?[[:space:]]*:[[:space:]]*[\\\"']?[A-Za-z0-9+/=]+"  # noqa: S105

# Anything that could be a key is cut out before the text is sent, whatever it stands in. The
# apiserver reads the file when it starts: how much later it was changed is told, unless it is
# told to read it anew.
QUESTION = f"""
p=$(pidof kube-apiserver | cut -d ' ' -f 1)
[ -n "$p" ] || {{ echo no kube-apiserver runs >&2; exit 1; }}
w=$(tr '\\0' '\\n' <"/proc/$p/cmdline")
f=$(echo "$w" | sed -n '/^{_FLAG}$/{{ n; p; }}; s/^{_FLAG}=//p' | tail -n 1)
[ -n "$f" ] || exit 0
[ -r "$f" ] || {{ echo "$f cannot be read" >&2; exit 1; }}
keys=0; copied=0; phrases=0
for k in $(grep -oE "{_SECRET}" "$f" | sed -E 's/^.*[^A-Za-z0-9+\\/=]//'); do
    keys=$((keys + 1))
    case $k in
    {"|".join(PUBLISHED)}) copied=$((copied + 1)) ;;
    *) n=$(echo "$k" | base64 -d 2>/dev/null | LC_ALL=C tr -d '[:print:][:space:]' | wc -c)
        [ "$n" -gt 0 ] || phrases=$((phrases + 1)) ;;
    esac
done
later=-
if up=$(cut -d . -f 1 /proc/uptime) && t=$(sed 's/^.*) //' "/proc/$p/stat" | cut -d ' ' -f 20) &&
    [ -n "$up" ] && [ -n "$t" ]; then
    started=$(($(date +%s) - up + t / $(getconf CLK_TCK || echo 100)))
    later=$(($(stat -L -c %Y "$f") - started))
    echo "$w" | grep -qE '^{_FLAG}-automatic-reload(=true|=t|=1)?$' && later=0
fi
echo "$keys $copied $phrases $later $(sha256sum <"$f" | cut -d ' ' -f 1) $f"
echo '{_MARK}'
sed -E -e "s#{_SECRET}#secret: removed#g" -e 's#[A-Za-z0-9+/_-]{{16,}}={{1,2}}#removed#g' \\
    -e 's#[A-Za-z0-9+/]{{32,}}#removed#g' "$f"
"""


def read(said: Said) -> EncryptionConfig | NotAvailable | None:
    """What was printed; None where the apiserver has no such file."""
    if said.code:
        return NotAvailable(f"its encryption configuration could not be read: {said.why}")
    if not said.out.strip():
        return None
    head, _, text = said.out.partition(f"\n{_MARK}\n")
    keys, copied, phrases, later, sha256, path = head.strip().split(" ", 5)
    try:
        content = YAML(typ="safe", pure=True).load(text)
        rules = tuple(_rule(one) for one in content["resources"])
    except (YAMLError, LookupError, TypeError):
        return NotAvailable(f"{path} is no EncryptionConfiguration")
    return EncryptionConfig(
        path=path,
        sha256=sha256,
        rules=rules,
        keys=int(keys),
        copied=int(copied),
        phrases=int(phrases),
        changed=None if later == "-" else int(later) > _SLACK,
    )


def named(configs: Mapping[str, EncryptionConfig | NotAvailable | None]) -> list[str]:
    """The resources that any of these names."""
    known = [config for config in configs.values() if isinstance(config, EncryptionConfig)]
    return [name for config in known for rule in config.rules for name in rule.resources]


def _rule(content: dict[str, Any]) -> EncryptionRule:
    providers = [next(iter(one)) for one in content["providers"]]
    return EncryptionRule(resources=tuple(content["resources"]), providers=tuple(providers))
