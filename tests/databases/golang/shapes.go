package main

import (
	"bytes"
	"fmt"
	"os"

	"go.etcd.io/bbolt"
)

// file makes a database with pages of a size and returns its bytes.
func file(size int, fill func(db *bbolt.DB)) []byte {
	path := "made.tmp"
	os.Remove(path)
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{PageSize: size, NoSync: true})
	check(err)
	fill(db)
	check(db.Close())
	content, err := os.ReadFile(path)
	check(err)
	check(os.Remove(path))
	return content
}

func bucket(tx interface {
	CreateBucketIfNotExists([]byte) (*bbolt.Bucket, error)
}, name string) *bbolt.Bucket {
	made, err := tx.CreateBucketIfNotExists([]byte(name))
	check(err)
	return made
}

// shapes has buckets of all forms: empty, in a value, in one page, in a tree, with values of many pages, in each other.
func shapes(size int) []byte {
	return file(size, func(db *bbolt.DB) {
		check(db.Update(func(tx *bbolt.Tx) error {
			bucket(tx, "empty")
			check(bucket(tx, "inline").Put([]byte("k"), []byte("v")))
			tree := bucket(tx, "tree")
			for i := 0; i < 3000; i++ {
				check(tree.Put([]byte(fmt.Sprintf("key%06d", i)), bytes.Repeat([]byte{byte(i)}, i%50)))
			}
			long := bucket(tx, "long")
			check(long.Put([]byte("a"), bytes.Repeat([]byte("x"), 300_000)))
			check(long.Put([]byte("b"), nil))
			outer := bucket(tx, "outer")
			check(outer.Put([]byte("own"), []byte("1")))
			middle := bucket(outer, "middle")
			check(bucket(middle, "inside").Put([]byte("deep"), []byte("2")))
			for i := 0; i < 300; i++ {
				check(middle.Put([]byte(fmt.Sprintf("m%04d", i)), []byte("value")))
			}
			return nil
		}))
		// A change that takes keys away: pages of the tree are used anew.
		check(db.Update(func(tx *bbolt.Tx) error {
			tree := tx.Bucket([]byte("tree"))
			for i := 1; i < 3000; i += 2 {
				check(tree.Delete([]byte(fmt.Sprintf("key%06d", i))))
			}
			return nil
		}))
	})
}
