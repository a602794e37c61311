# Read by tests/run: every fuzz target over its corpus. Nothing of sitrep's own is unsafe, so there is no sanitizer.

fuzz() {
  local binaries target log options
  cargo metadata --quiet --locked --manifest-path tests/fuzz/Cargo.toml --format-version 1 >/dev/null || return
  cargo +nightly fuzz build --fuzz-dir tests/fuzz --target-dir target/fuzz --sanitizer none || return
  binaries=target/fuzz/$(rustc +nightly -vV | sed -n 's/^host: //p')/release
  for target in $(cargo +nightly fuzz list --fuzz-dir tests/fuzz); do
    log=target/fuzz/$target.log
    options=(-runs=0)
    if [ $long = 1 ]; then
      mkdir -p target/fuzz/corpus/$target
      options=(-max_total_time=600 target/fuzz/corpus/$target)
    fi
    case $target in
      bundle | expansion) options+=(-dict=tests/fuzz/dictionaries/bundle.dict) ;;
      glob | rules | tokens) options+=(-len_control=0 -max_len=800) ;;
      *) options+=(-dict=tests/fuzz/dictionaries/json.dict) ;;
    esac
    $binaries/$target -timeout=20 -artifact_prefix=target/fuzz/$target- "${options[@]}" tests/fuzz/corpus/$target >$log 2>&1 ||
      { tail -n 40 $log; return 1; }
    printf '%s: %s\n' $target "$(grep '^Done' $log)"
  done
}
