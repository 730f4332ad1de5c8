#!/bin/sh
# tools/embed-pages.sh FILE.md…: the pages of `vittec-gpu explain` as C rows, on standard output.
#
# Rows are PAGE("E0101", "text"), in the order of the arguments; nothing else goes in, so equal pages give equal bytes.
set -eu
export LC_ALL=C

echo '/* Made by tools/embed-pages.sh. */'
for page in "$@"; do
    code=${page##*/}
    printf 'PAGE("%s",\n' "${code%.md}"
    # Backslash first; `?` because of trigraphs; the last line may lack its newline.
    sed -e 's/\r$//' -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/?/\\?/g' -e 's/\t/\\t/g' -e 's/.*/    "&\\n"/' "$page"
    [ -s "$page" ] || echo '    ""'
    printf '%s\n' ')'
done
