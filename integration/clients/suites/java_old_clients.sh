#!/usr/bin/env bash
# Java producers, consumers and admin clients of older Kafka versions: records, groups, transactions
#
# CLIENT_VERSIONS are those that run. Between them lie all ways in which clients read the features that a server announces first.
. "$(dirname "$0")/../lib.sh"
need_jars
need mvn
versions="${CLIENT_VERSIONS:-2.8.2 3.3.2 3.7.2 3.9.1}"

# The client of a version, and what it needs besides, in a folder of its own.
fetch_client() {
    local version=$1 folder=$2
    rm -rf "$folder.part"
    mvn -q -B dependency:copy -Dartifact="org.apache.kafka:kafka-clients:$version" -DoutputDirectory="$folder.part" &&
        ln -s "$JARS"/{lz4-java,snappy-java,zstd-jni,slf4j-api,slf4j-simple}-*.jar "$folder.part/" &&
        mv "$folder.part" "$folder"
}

for version in $versions; do
    libraries="$EXT/java/kafka-clients-$version"
    [ -d "$libraries" ] || setup_step "fetch-$version" fetch_client "$version" "$libraries"
    JARS="$libraries" compile_java "$SCRATCH/$version" Cases.java Clients.java Members.java RecordCases.java TransferCases.java OldClients.java
    program=(java "${java_options[@]}" -cp "$SCRATCH/$version:$libraries/*" OldClients)
    for name in $("${program[@]}" --list); do
        CLIENT_VERSION=$version run_case "${version}_$name" "${program[@]}" "$name"
    done
done
finish
