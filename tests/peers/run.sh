#!/bin/sh
# Installs the peers and compares: see README.md. PEERS names the folder that they are installed in.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
peers=${PEERS:-$target/peers}
mkdir -p "$peers"

if [ ! -x "$peers/venv/bin/python" ]; then python3 -m venv "$peers/venv"; fi
"$peers/venv/bin/pip" install --quiet simpy==4.1.2 ciw==3.2.7
npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$peers" simjs@2.0.3
cargo build --quiet --release --manifest-path "$here/nexosim/Cargo.toml" --target-dir "$peers/nexosim"
cargo build --quiet --release --manifest-path "$root/Cargo.toml" --target-dir "$target" --package brownout-cli

BROWNOUT="$target/release/brownout" NEXOSIM="$peers/nexosim/release/peer-nexosim" NODE_PATH="$peers/node_modules" \
    exec "$peers/venv/bin/python" "$here/compare.py" "$@"
