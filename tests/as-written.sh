# Sourced by what runs pages word for word: their commands as a reader copies them. Only the build differs: it is the
# debug build that the tests have made already. Needs `root`, and the root folder as the working one.

# commands PAGE: what stands in its blocks.
commands() { awk '/^```sh$/ { on = 1; next } /^```$/ { on = 0 } on' "$1" | sed -e '/^cargo build --release/d' -e '/^export PATH=/d'; }

# The trial city that docs/venues/trial.md sets up; whoever runs it goes on in it.
begin_trial() {
    echo 'set -euo pipefail'
    # Whatever still runs when a command fails ends with it.
    echo "trap 'kill \$(jobs -p) 2>/dev/null || true' EXIT"
    echo "export PATH=\"${CARGO_TARGET_DIR:-$root/target}/debug:\$PATH\""
    commands <(sed '/^## At the end/,$d' docs/venues/trial.md)
}

# What the same page says to do in the end.
end_trial() { commands <(sed '1,/^## At the end/d' docs/venues/trial.md); }
