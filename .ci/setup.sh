# Sourced by ./quickstart and ./check: installs what is missing of packages.txt.

# missing_packages [check]: those not installed; with "check" also those that only the tests need.
missing_packages() {
  local package kind installed
  installed=" $(dpkg-query -W -f '${db:Status-Status} ${Package}\n' 2>/dev/null |
                awk '$1 == "installed" {print $2}' | tr '\n' ' ') "
  while read -r package kind; do
    case "$package" in ''|'#'*) continue ;; esac
    if [ "$kind" = check ] && [ "${1:-}" != check ]; then continue; fi
    case "$installed" in *" $package "*) ;; *) echo "$package" ;; esac
  done < packages.txt
}

# Root or sudo is needed only if something is missing.
install_missing() {
  local missing as_root=()
  missing=$(missing_packages "$@")
  [ -n "$missing" ] || return 0
  echo "These packages are missing and will be installed:"
  echo $missing | fold -s -w 96 | sed 's/^/  /'
  if ! command -v apt-get >/dev/null; then
    echo "This is no Debian: install what corresponds to them, then call this again." >&2
    return 1
  fi
  if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "That needs root: call this as root once, or: apt-get install" $missing >&2
      return 1
    fi
    as_root=(sudo)
  fi
  if ! apt-cache show $missing >/dev/null 2>&1; then
    "${as_root[@]}" apt-get update -q
  fi
  # Package lists may be older than the archive: one more try with new ones.
  install_packages $missing || {
    "${as_root[@]}" apt-get update -q && install_packages $missing
  }
}

install_packages() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-install-recommends "$@"
}

# configure PRESET: quick when nothing changed, and loud only when it fails.
configure() {
  local log
  mkdir -p build
  log=build/configure-$1.log
  if ! cmake --preset "$1" > "$log" 2>&1; then
    cat "$log" >&2
    return 1
  fi
}
