#!/bin/sh
# score_vectors.sh WEIR SET SHARED [PERCENT]: exit code 77 (skipped) where there are no vectors.
shared=${WEIR_SHARED:-$3}
score=$shared/vectors/score.py
if [ ! -f "$score" ] || [ ! -f "$shared/vectors/$2.jsonl" ]; then
  echo "skipped: no $shared/vectors/$2.jsonl"
  exit 77
fi
exec python3 "$score" "$1" "$2" --least "${4:-99}"
