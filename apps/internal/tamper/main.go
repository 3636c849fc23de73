// Command tamper forges the books of a job in a copy of an embedded store, so that a test, or a doubter, can see that
// verification finds it. It knows the file by docs/ledger.md and docs/store.md alone and uses none of the project's
// packages.
//
//	go run ./apps/internal/tamper -file copy.db -job ID -shard 3 -do amount|drop|swap|insert|counter [-rehash]
//
// With -rehash the hashes of the forged chain are made anew, as a forger who has read the documents would.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	bolt "go.etcd.io/bbolt"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("tamper", flag.ContinueOnError)
	flags.SetOutput(stderr)
	file := flags.String("file", "", "the copy of the store to forge")
	id := flags.String("job", "", "the job's id")
	shard := flags.Int("shard", 0, "the shard")
	do := flags.String("do", "", strings.Join(names(), ", "))
	rehash := flags.Bool("rehash", false, "make the hashes of the chain anew")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	forge, known := forgeries()[*do]
	if *file == "" || *id == "" || !known {
		fmt.Fprintln(stderr, "tamper: -file, -job and -do are needed; -do is one of", strings.Join(names(), ", "))
		return 2
	}
	db, err := bolt.Open(*file, 0o600, &bolt.Options{Timeout: 1})
	if err != nil {
		fmt.Fprintf(stderr, "tamper: open %s: %v\n", *file, err)
		return 2
	}
	defer func() { _ = db.Close() }()
	err = db.Update(func(tx *bolt.Tx) error {
		s := &store{bucket: tx.Bucket([]byte("records")), job: *id, shard: *shard, rehash: *rehash}
		if s.bucket == nil {
			return fmt.Errorf("the file has no records")
		}
		return forge(s)
	})
	if err != nil {
		fmt.Fprintf(stderr, "tamper: %v\n", err)
		return 1
	}
	fmt.Fprintf(stdout, "forged: %s in shard %d\n", *do, *shard)
	return 0
}

func names() []string { return []string{"amount", "drop", "swap", "insert", "counter"} }

func forgeries() map[string]func(*store) error {
	return map[string]func(*store) error{
		"amount":  func(s *store) error { return s.chain(changeAmount) },
		"drop":    func(s *store) error { return s.chain(dropEntry) },
		"swap":    func(s *store) error { return s.chain(swapEntries) },
		"insert":  func(s *store) error { return s.chain(insertEntry) },
		"counter": (*store).counter,
	}
}
