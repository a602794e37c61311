# Read by tests/run: sets up what the stages need, or says what to install. What is there is added to `require`.

IN_TOTO=in-toto==3.1.0
UNICORN=(unicorn==2.1.4 capstone==5.0.9 pyelftools==0.33)
VENV=target/venv
CARGO_FUZZ=cargo-fuzz@0.13.2
CARGO_MUTANTS=cargo-mutants@27.1.0

# Installs Debian packages where that is allowed; says whether it did.
packages() {
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1 ||
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null; }
}

# leave_out NAME WHAT HINT: something is missing; goes on only where --without allows it.
leave_out() {
  case $without in
    *,$1,*) printf 'left out: %s\n' "$2" ;;
    *) fail "$2" "$3, or go on with --without $1" ;;
  esac
}

setup_tools() {
  command -v cargo >/dev/null || fail "there is no cargo" "install Rust 1.95 or later, with rustfmt and clippy"
  command -v git >/dev/null || packages git || fail "there is no git" "apt-get install git"
  local component
  for component in fmt clippy; do
    cargo $component --version >/dev/null 2>&1 || rustup component add ${component/fmt/rustfmt} ||
      fail "there is no cargo $component" "rustup component add ${component/fmt/rustfmt}"
  done
}

setup_device() {
  local board target way
  { command -v qemu-system-arm && command -v qemu-system-riscv32; } >/dev/null || packages qemu-system-arm qemu-system-misc ||
    { leave_out qemu "there is no qemu-system-arm, or no qemu-system-riscv32" "apt-get install qemu-system-arm qemu-system-misc"; return; }
  # With the sources of the core library; where there are none, compiled.
  while read -r board target way; do
    [[ $way == source || $way == debian ]] || rustup component add rust-src 2>/dev/null || packages rustc-web cargo-web rust-web-src lld ||
      [ "$way" = rustup ] || rustup target add "$target" 2>/dev/null ||
      { leave_out qemu "there is no compiler for $target, which $board needs" "$DEVICE_HINT"; return; }
  done < <(firmware/build --which)
  require+=,qemu
}

setup_c() {
  local program
  local -A package=([gcc]=gcc [g++]=g++ [valgrind]=valgrind [arm-none-eabi-gcc]=gcc-arm-none-eabi)
  for program in "${!package[@]}"; do
    command -v "$program" >/dev/null || packages "${package[$program]}" ||
      { leave_out c "there is no $program" "apt-get install ${package[$program]}"; return; }
  done
  require+=,c
}

setup_fat() {
  command -v mformat >/dev/null || packages mtools || { leave_out fat "there is no mformat" "apt-get install mtools"; return; }
  require+=,fat
}

setup_in_toto() {
  if ! [ -x $VENV/bin/in-toto-verify ]; then
    rm -rf $VENV
    { python3 -m venv $VENV >/dev/null 2>&1 || { packages python3-venv && python3 -m venv $VENV; }; } &&
      $VENV/bin/pip install --quiet --disable-pip-version-check $IN_TOTO ||
      { rm -rf $VENV; leave_out in-toto "$IN_TOTO could not be installed" "apt-get install python3-venv, and let pip reach its index"; return; }
  fi
  export SITREP_IN_TOTO=$PWD/$VENV/bin
  require+=,in-toto
}

setup_gnupg() {
  command -v gpg >/dev/null || packages gnupg || { leave_out gnupg "there is no gpg" "apt-get install gnupg"; return; }
  require+=,gnupg
}

setup_unicorn() {
  local python=target/unicorn/bin/python
  if ! $python -c 'import unicorn, capstone, elftools' 2>/dev/null; then
    rm -rf target/unicorn
    python3 -m venv target/unicorn >/dev/null 2>&1 && $python -m pip install --quiet --disable-pip-version-check "${UNICORN[@]}" ||
      { rm -rf target/unicorn; leave_out unicorn "${UNICORN[*]} could not be installed" "let pip reach its index"; return; }
  fi
  export SITREP_UNICORN=$PWD/$python
  require+=,unicorn
}

setup_musl() {
  local target=x86_64-unknown-linux-musl
  [ -n "$(find "$(rustc --print target-libdir --target $target)" -name 'libstd-*.rlib' 2>/dev/null)" ] || rustup target add $target 2>/dev/null ||
    { leave_out musl "there is no standard library for $target" "rustup target add $target"; return; }
  [ "$(uname -sm)" = "Linux x86_64" ] || { leave_out musl "this machine cannot run a program for $target" "use another"; return; }
  require+=,musl
}

setup_wasm() {
  local target=wasm32-unknown-unknown
  [ -n "$(find "$(rustc --print target-libdir --target $target)" -name 'libstd-*.rlib' 2>/dev/null)" ] || rustup target add $target 2>/dev/null ||
    { leave_out wasm "there is no standard library for $target" "rustup target add $target"; return; }
  require+=,wasm
}

setup_fuzz() {
  cargo +nightly --version >/dev/null 2>&1 ||
    { printf 'left out: the fuzz targets, which need a nightly compiler (rustup toolchain install nightly --profile minimal)\n'; return; }
  command -v c++ >/dev/null || packages g++ || { leave_out fuzz "there is no C++ compiler for libFuzzer" "apt-get install g++"; return; }
  export PATH=$PWD/target/tools/bin:$PATH
  [ "$(cargo-fuzz --version 2>/dev/null)" = "${CARGO_FUZZ/@/ }" ] || cargo install --quiet --locked --root target/tools $CARGO_FUZZ ||
    { leave_out fuzz "$CARGO_FUZZ could not be installed" "let cargo reach its registry"; return; }
  require+=,fuzz
}

# For campaigns alone.
setup_mutants() {
  [ $long = 1 ] || return 0
  export PATH=$PWD/target/tools/bin:$PATH
  [ "$(cargo mutants --version 2>/dev/null)" = "${CARGO_MUTANTS/@/ }" ] || cargo install --quiet --locked --root target/tools $CARGO_MUTANTS ||
    { leave_out mutants "$CARGO_MUTANTS could not be installed" "let cargo reach its registry"; return; }
  require+=,mutants
}

setup() {
  setup_tools && setup_device && setup_c && setup_fat && setup_in_toto && setup_gnupg && setup_unicorn && setup_musl && setup_wasm && setup_fuzz &&
    setup_mutants
}
