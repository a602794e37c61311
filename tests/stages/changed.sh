# Read by tests/run: which stages `--changed` leaves out, because no file that they depend on has changed.

# What each stage depends on, as git's patterns for paths. Stages that are not named here always run, and every stage does when one of EVERYTHING
# has changed.
EVERYTHING=(Cargo.toml Cargo.lock '*/Cargo.toml' rustfmt.toml .cargo tests/run tests/stages)
CODE="core firmware host-cli :!*.md"
declare -A DEPENDS=(
  ["clippy for the device's profile from C"]="core :!*.md"
  ["firmware images"]="core firmware :!*.md"
  ["clippy for the device"]="core firmware :!*.md"
  ["crates for the browser"]="core host-cli :!*.md"
  ["vectors are as they are made"]="tests/tools tests/vectors"
  ["fuzz targets"]="core host-cli tests/fuzz :!*.md"
  ["documentation"]="*.rs"
  ["figures of the device"]="$CODE core/c tests/c tests/src tests/tests tests/vectors"
  ["worst case"]="core firmware host-cli tests/image tests/src tests/tests tests/vectors"
  ["worst case on a host"]="core host-cli tests/src tests/tests tests/vectors"
  ["skipped instructions"]="$CODE tests/image tests/src tests/tests tests/vectors"
  ["bounds of the verifier"]="$CODE tests/src tests/tests tests/vectors"
  ["every cut of the power"]="$CODE tests/src tests/tests tests/vectors"
  ["benches"]="$CODE tests/benches tests/src tests/vectors"
)

# The commit that everything is compared with; empty where no stage is left out.
base=

# changed_since COMMIT: from now on, stages whose files are as in COMMIT, or where this branch left it, are left out.
changed_since() {
  [ -z "${CI:-}" ] || fail "--changed is not for continuous integration" "run every stage there"
  base=$(git merge-base HEAD "$1" 2>/dev/null) || fail "git knows no commit $1" "name one: --changed COMMIT"
  printf 'compared with %s\n' "$(git log -1 --format='%h %s' "$base")"
  if has_changed "${EVERYTHING[@]}"; then
    printf 'nothing is left out, since one of %s has changed\n' "${EVERYTHING[*]}"
    base=
  fi
}

# has_changed PATTERN...: is a file of these different from the base, committed or not, or new?
has_changed() {
  ! git diff --quiet "$base" -- "$@" || [ -n "$(git ls-files --others --exclude-standard -- "$@")" ]
}

# is_untouched STAGE: is it to be left out?
is_untouched() {
  local -a patterns
  [ -n "$base" ] && [ -n "${DEPENDS[$1]:-}" ] || return
  # No pattern is to be expanded by the shell.
  read -ra patterns <<<"${DEPENDS[$1]}"
  ! has_changed "${patterns[@]}"
}
