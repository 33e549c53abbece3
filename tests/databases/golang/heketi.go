package main

import (
	"bytes"
	"encoding/gob"
	"strings"

	"go.etcd.io/bbolt"
)

// Structs of the shape that heketi's gobs have, as far as they are needed here.
type Entry struct{ State string }
type Pending struct{ Id string }

func id(letter string) string { return strings.Repeat(letter, 32) }

func put(tx *bbolt.Tx, in, key string, value interface{}) {
	var stream bytes.Buffer
	check(gob.NewEncoder(&stream).Encode(value))
	check(bucket(tx, in).Put([]byte(key), stream.Bytes()))
}

// old is a database as version 4.0 left it: no flags, no names of volumes in bricks, no attributes, no records.
func old() []byte {
	type ClusterInfoResponse struct {
		Id             string
		Nodes, Volumes []string
	}
	type ClusterEntry struct{ Info ClusterInfoResponse }
	type HostAddresses struct{ Manage, Storage []string }
	type NodeAddRequest struct {
		Zone      int
		Hostnames HostAddresses
		ClusterId string
	}
	type NodeInfo struct {
		NodeAddRequest
		Id string
	}
	type NodeEntry struct {
		Entry   Entry
		Info    NodeInfo
		Devices []string
	}
	type Device struct{ Name string }
	type StorageSize struct{ Total, Free, Used uint64 }
	type DeviceInfo struct {
		Device
		Storage StorageSize
		Id      string
	}
	type DeviceEntry struct {
		Entry      Entry
		Info       DeviceInfo
		Bricks     []string
		NodeId     string
		ExtentSize uint64
	}
	type BrickInfo struct {
		Id, Path, DeviceId, NodeId string
		Size                       uint64
	}
	type BrickEntry struct {
		Info                     BrickInfo
		TpSize, PoolMetadataSize uint64
	}
	type VolumeDurabilityInfo struct {
		Type      string
		Replicate struct{ Replica int }
		Disperse  struct{ Data, Redundancy int }
	}
	type VolumeCreateRequest struct {
		Size       int
		Name       string
		Durability VolumeDurabilityInfo
		Snapshot   struct {
			Enable bool
			Factor float32
		}
	}
	type VolumeInfo struct {
		VolumeCreateRequest
		Id, Cluster string
		Mount       struct {
			GlusterFS struct {
				MountPoint string
				Options    map[string]string
			}
		}
	}
	type NoneDurability struct{ Replica int }
	type VolumeEntry struct {
		Info       VolumeInfo
		Bricks     []string
		Durability interface{}
	}
	gob.RegisterName("*glusterfs.NoneDurability", &NoneDurability{})
	return file(4096, func(db *bbolt.DB) {
		check(db.Update(func(tx *bbolt.Tx) error {
			put(tx, "CLUSTER", id("c"), ClusterEntry{ClusterInfoResponse{id("c"), []string{id("a")}, []string{id("e")}}})
			node := NodeInfo{NodeAddRequest{1, HostAddresses{[]string{"n1"}, []string{"10.0.0.1"}}, id("c")}, id("a")}
			put(tx, "NODE", id("a"), NodeEntry{Entry{"online"}, node, []string{id("d")}})
			check(bucket(tx, "NODE").Put([]byte("MANAGEn1"), []byte(id("a"))))
			check(bucket(tx, "NODE").Put([]byte("STORAGE10.0.0.1"), []byte(id("a"))))
			device := DeviceInfo{Device{"/dev/sdb"}, StorageSize{1000, 890, 110}, id("d")}
			put(tx, "DEVICE", id("d"), DeviceEntry{Entry{"online"}, device, []string{id("b")}, id("a"), 4096})
			check(bucket(tx, "DEVICE").Put([]byte("DEVICE"+id("a")+"/dev/sdb"), []byte(id("d"))))
			put(tx, "BRICK", id("b"), BrickEntry{BrickInfo{id("b"), "/mounts/b", id("d"), id("a"), 100}, 100, 10})
			volume := VolumeInfo{Id: id("e"), Cluster: id("c")}
			volume.Size, volume.Name, volume.Snapshot.Factor = 1, "vol", 1.33
			volume.Durability.Type, volume.Durability.Replicate.Replica = "none", 3
			volume.Mount.GlusterFS.MountPoint = "10.0.0.1:vol"
			put(tx, "VOLUME", id("e"), VolumeEntry{volume, []string{id("b")}, &NoneDurability{1}})
			return nil
		}))
	})
}

// odd has what is rare: a delta that is a float, a record of a removal, fields and buckets of a newer version.
func odd() []byte {
	type PendingItem struct{ Id string }
	type PendingOperationAction struct {
		Change int
		Id     string
		Delta  interface{}
	}
	type PendingOperation struct {
		PendingItem
		Timestamp int64
		Type      int
		Actions   []PendingOperationAction
	}
	type PendingOperationEntry struct {
		PendingOperation
		Status string
		Tries  int
	}
	type DbAttributeEntry struct{ Key, Value string }
	type BrickEntry struct {
		Info    struct{ Id, Path string }
		TpSize  string
		Pending Pending
		SubType int
	}
	type ClusterEntry struct{}
	return file(4096, func(db *bbolt.DB) {
		check(db.Update(func(tx *bbolt.Tx) error {
			for _, name := range []string{"CLUSTER", "NODE", "VOLUME"} {
				bucket(tx, name)
			}
			actions := []PendingOperationAction{{5, id("e"), 7.0}, {14, id("f"), 8}, {5, id("e"), 7.5}, {12, id("9"), nil}}
			record := PendingOperationEntry{PendingOperation{PendingItem{id("0")}, 1700000000, 3, actions}, "stale", 4}
			put(tx, "PENDING_OPERATIONS", id("0"), record)
			put(tx, "DBATTRIBUTE", "DB_HAS_PENDING_OPS_BUCKET", DbAttributeEntry{"DB_HAS_PENDING_OPS_BUCKET", "yes"})
			put(tx, "DBATTRIBUTE", "DB_NEWER", DbAttributeEntry{"DB_NEWER", "yes"})
			brick := BrickEntry{TpSize: "much", SubType: 7, Pending: Pending{id("8")}}
			brick.Info.Id, brick.Info.Path = id("b"), "/a\xff"
			put(tx, "BRICK", id("b"), brick)
			put(tx, "BRICK", id("c"), ClusterEntry{})
			check(bucket(tx, "BRICK").Put([]byte(id("d")), []byte("text")))
			check(bucket(tx, "SNAPSHOT").Put([]byte("k"), []byte("v")))
			bucket(bucket(tx, "VOLUME"), "inside")
			return nil
		}))
	})
}
