# Read by tests/run: does a test notice when core checks something else? cargo-mutants changes core in one place after the other. What no test
# notices has to be explained in tests/mutants/explained.txt.

# The tests that ask core for verdicts. Whatever they notice is noticed by everything else too, only later; the cases are asked about in bundles alone.
MUTANTS_TESTS=(semantics conformance faults hostile security_version cli_verify_trust)

# mutants: SITREP_MUTANTS is one file of core, such as core/src/thresholds.rs, or a part K/N of all places; without it, all of them, which takes a day.
mutants() {
  local out=target/mutants which=() arguments=() test wrong=0
  local tests=(--lib "${MUTANTS_TESTS[@]/#/--test=}")
  local skip=(--skip every_case_gets_its_code_from_the_command --skip every_case_gets_its_code_from_json)
  case ${SITREP_MUTANTS:-} in
    '') ;;
    core/*) which=(--file "$SITREP_MUTANTS") ;;
    *) which=(--shard "$SITREP_MUTANTS") ;;
  esac
  for test in --locked "${tests[@]}"; do arguments+=("--cargo-arg=$test"); done
  mkdir -p $out
  rm -rf $out/mutants.out
  # Without what other stages need: only what runs on this machine, and no debugger.
  local alone=(env -u SITREP_REQUIRE -u SITREP_LONG -u SITREP_IN_TOTO -u SITREP_UNICORN CARGO_PROFILE_DEV_DEBUG=false CARGO_INCREMENTAL=1)
  # What is noticed has to be the change. cargo-mutants would ask this of core's own tests alone.
  "${alone[@]}" cargo test --quiet --locked --workspace "${tests[@]}" -- "${skip[@]}" || return 1
  # Missed ones and endless loops are told by files, not by the code.
  "${alone[@]}" cargo mutants --package sitrep-core --test-workspace true --gitignore true --cap-lints true --jobs 2 --no-shuffle --colors never \
    --baseline skip --timeout 900 --output $out "${which[@]}" "${arguments[@]}" -- -- "${skip[@]}" || wrong=$?
  # 0: all were noticed; 2: some were not; 3: some took too long, which is noticed too.
  case $wrong in 0 | 2 | 3) ;; *) return 1 ;; esac
  printf 'noticed %d, not noticed %d, no program %d, endless %d\n' \
    $(for test in caught missed unviable timeout; do wc -l <$out/mutants.out/$test.txt; done)
  unexplained <$out/mutants.out/missed.txt
}

# unexplained: prints the lines that the explanations do not have, without the place in the file, which moves. Fails where there is one.
unexplained() {
  ! sed 's/^\([^:]*\):[0-9]*:[0-9]*:/\1:/' | grep --invert-match --line-regexp --fixed-strings --file <(grep '^core/' tests/mutants/explained.txt)
}
