#!/bin/sh
# Install the open tools for Artix-7 into a folder: sh boards/artix7_tools.sh [FOLDER]
# They are nextpnr-himbaechel-xilinx, and Project X-Ray's data base and programs, of Debian sid,
# unpacked with all that they need; nothing of the system is touched, and nobody has to be root.
# Spikewright finds them in .venv/artix7, where they go unless FOLDER is given; of another one, put
# FOLDER/bin on PATH. About 700 MB. Debian 14 has the packages itself: apt-get install does there.
set -eu

usage() {
    sed -n '2,/^set/{/^# \{0,1\}/s///p}' "$0"
}
case ${1-} in
    -h | --help) usage; exit 0 ;;
    -*) echo "$1 is no option; sh $0 --help says what there is" >&2; exit 2 ;;
esac
[ $# -le 1 ] || { echo "one folder is named, not $#" >&2; exit 2; }
folder=${1:-$(dirname "$0")/../.venv/artix7}
keys=/usr/share/keyrings/debian-archive-keyring.gpg
for tool in apt-get dpkg-deb; do
    command -v "$tool" >/dev/null || {
        echo "$tool was not found; this script needs Debian, or a system made from it" >&2
        exit 1
    }
done
case $(dpkg --print-architecture) in
    amd64) loader=usr/lib64/ld-linux-x86-64.so.2 ;;
    arm64) loader=usr/lib/ld-linux-aarch64.so.1 ;;
    *) echo "these tools are installed on amd64 and arm64 alone, not on $(dpkg --print-architecture)" >&2; exit 1 ;;
esac
[ -f "$keys" ] || {
    echo "$keys, Debian's keys, was not found: apt-get install debian-archive-keyring" >&2
    exit 1
}
# The mirror that the system has its own packages from, unless MIRROR names another.
mirror=${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' \
    'Origin: Debian' 2>/dev/null | head -n 1)}
[ -n "$mirror" ] || {
    echo "no Debian mirror is known here; name one: MIRROR=URL sh $0" >&2
    exit 1
}

[ -e "$folder" ] && new= || new=yes
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
own=$folder/apt
clean() {  # what is needed to install alone, and what was begun and not finished
    status=$?
    rm -rf "$own"
    [ "$status" = 0 ] || [ -z "$new" ] || rm -rf "$folder"
    exit "$status"
}
trap clean EXIT
trap 'exit 130' HUP INT TERM
mkdir -p "$own/state/lists/partial" "$own/cache/archives/partial" "$own/etc/preferences.d"
: >"$own/status"
echo "deb [signed-by=$keys] $mirror sid main" >"$own/etc/sources.list"
apt() {  # with folders of its own, and no package that counts as installed
    apt-get -q -o Dir::State="$own/state" -o Dir::State::status="$own/status" \
        -o Dir::Cache="$own/cache" -o Dir::Etc="$own/etc" -o Dir::Etc::sourcelist=sources.list \
        -o Dir::Etc::sourceparts=- -o APT::Sandbox::User="$(id -un)" \
        -o Acquire::Check-Valid-Until=false -o Acquire::Languages=none "$@"
}
apt -o APT::Update::Error-Mode=any update || {
    echo "the lists of packages of $mirror could not be fetched; name another: MIRROR=URL sh $0" >&2
    exit 1
}
apt install -y --download-only --no-install-recommends \
    nextpnr-himbaechel-xilinx prjxray prjxray-database || {
    echo "$mirror did not give the packages; nothing was installed" >&2
    exit 1
}
for package in "$own"/cache/archives/*.deb; do
    dpkg-deb --extract "$package" "$folder"
done

# Each program is started by the loader and with the libraries that it was built with. The loader
# lies beside it, for nextpnr finds its data by the folder of what was started.
rm -f "$folder/usr/bin/loader"  # it may be in use
cp -L "$folder/$loader" "$folder/usr/bin/loader"
mkdir -p "$folder/bin"
for program in nextpnr-himbaechel-xilinx xc7frames2bit bitread; do
    cat >"$folder/bin/$program" <<END
#!/bin/sh
root=\$(dirname "\$0")/..
exec "\$root/usr/bin/loader" --library-path "\$(echo "\$root"/usr/lib/*-linux-gnu)" \\
    "\$root/usr/bin/$program" "\$@"
END
    chmod +x "$folder/bin/$program"
done
"$folder/bin/nextpnr-himbaechel-xilinx" --version
