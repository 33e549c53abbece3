// Makes tests/databases/gob.txt and the *.bolt.gz there with Go's own encoding/gob and bbolt.
package main

import (
	"compress/gzip"
	"os"
)

func main() {
	check(os.WriteFile("../gob.txt", vectors(), 0o644))
	for name, size := range map[string]int{"pages-1024": 1024, "pages-4096": 4096, "pages-65536": 65536} {
		pack(name, shapes(size))
	}
	pack("version-4", old())
	pack("odd", odd())
}

// pack compresses a database into the fixtures.
func pack(name string, content []byte) {
	file, err := os.Create("../" + name + ".bolt.gz")
	check(err)
	writer, err := gzip.NewWriterLevel(file, gzip.BestCompression)
	check(err)
	_, err = writer.Write(content)
	check(err)
	check(writer.Close())
	check(file.Close())
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
