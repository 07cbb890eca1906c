#!/usr/bin/env bash
# Apache Kafka's Java producer, consumer and admin client: topics, records, groups of both protocols, transactions
. "$(dirname "$0")/../lib.sh"
need_jars
compile_java "$SCRATCH/classes" Cases.java Clients.java JavaClients.java AdminCases.java RecordCases.java Members.java GroupCases.java TransferCases.java TransactionCases.java
run_program "${java_command[@]}" JavaClients
