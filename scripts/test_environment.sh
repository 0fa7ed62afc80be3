# To be sourced: what makes tests quick, whatever they run.
# Every process that they start would compile the sources anew.
unset PYTHONDONTWRITEBYTECODE
# Numerical libraries would wait for each other on all cores, which other tests have.
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
# What they write goes to memory where there is room: a disk would let them wait thousands of times.
room=$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }')
if [ -w /dev/shm ] && [ "${room:-0}" -gt 4000000 ]; then
    TMPDIR=$(mktemp -d /dev/shm/whinchat.XXXXXX)
    export TMPDIR
    trap 'rm -rf "$TMPDIR"' EXIT
    trap 'exit 130' INT TERM
fi
