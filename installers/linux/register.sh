#!/bin/sh
# Put the viewer into this user's menus and make it an application for DICOM files and for links to studies; "remove"
# takes both away again.
# Nothing outside the user's data folder is touched, and no other application loses its files.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(CDPATH='' cd -- "$here/../.." && pwd)
data=${XDG_DATA_HOME:-$HOME/.local/share}
entry=$data/applications/negatoscope.desktop
link=$data/applications/negatoscope-link.desktop
types=$data/mime/packages/negatoscope.xml
picture=$data/icons/hicolor/scalable/apps/negatoscope.svg

refresh() {
    if command -v update-mime-database >/dev/null 2>&1; then update-mime-database "$data/mime"; fi
    if command -v update-desktop-database >/dev/null 2>&1; then update-desktop-database "$data/applications"; fi
}

if [ "${1:-}" = remove ]; then
    rm -f -- "$entry" "$link" "$types" "$picture"
    refresh
    exit 0
fi

# An installed command is used where there is one; otherwise the start script of this folder, quoted for the entry.
program=$(command -v negatoscope || true)
if [ -n "$program" ]; then
    line="\"$program\" open"
else
    line="\"$root/installers/start.sh\""
fi
mkdir -p -- "${entry%/*}" "${types%/*}" "${picture%/*}"
cp -- "$here/negatoscope-mime.xml" "$types"
cp -- "$root/icons/negatoscope.svg" "$picture"

# Write an entry with the command line that is there, and what the system puts behind it.
write_entry() {
    while IFS= read -r each; do
        case $each in
            Exec=*) printf 'Exec=%s %s\n' "$line" "$3" ;;
            *) printf '%s\n' "$each" ;;
        esac
    done <"$1" >"$2"
}
write_entry "$here/negatoscope.desktop" "$entry" %F
write_entry "$here/negatoscope-link.desktop" "$link" %u
refresh
echo "Negatoscope is in your applications menu, and offered for DICOM files."
