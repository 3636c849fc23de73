package boltstore

import bolt "go.etcd.io/bbolt"

// SetCommit puts commit in the place of (*bolt.Tx).Commit, so that a test can hold a commit up or let it fail. It must be
// called before the first Update.
func (s *Store) SetCommit(commit func(tx *bolt.Tx) error) { s.commitTx = commit }

// CloseFile takes the file away from under bbolt: every later write fails as on a broken disk.
func (s *Store) CloseFile() error { return s.file.Close() }
