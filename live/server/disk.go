package server

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/adler32"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/zkcheck/zkcheck/election"
)

// version2 is the directory that ZooKeeper keeps its data in, named after the format.
const version2 = "version-2"

// WriteDisk makes a data directory that a server takes for its own: its last zxid is that of the only
// snapshot, which is empty. An empty disk is an empty directory. ZooKeeper refuses a disk
// unless epoch(zxid) <= currentEpoch <= acceptedEpoch; so does WriteDisk, for a test that wants another one is
// a test of its own kind and writes the files itself.
func WriteDisk(dir string, d election.Disk) error {
	if d.Zxid.Epoch() > d.CurrentEpoch || d.CurrentEpoch > d.AcceptedEpoch {
		return fmt.Errorf("disk %v: want epoch(zxid) <= currentEpoch <= acceptedEpoch", d)
	}
	dir = filepath.Join(dir, version2)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if entries, err := os.ReadDir(dir); err != nil {
		return err
	} else if len(entries) > 0 {
		return fmt.Errorf("disk %v: %s is not empty", d, dir)
	}
	if d == (election.Disk{}) {
		return nil
	}
	for name, content := range map[string][]byte{
		fmt.Sprintf("snapshot.%x", uint64(d.Zxid)): emptySnapshot(),
		"currentEpoch":  strconv.AppendUint(nil, uint64(d.CurrentEpoch), 10),
		"acceptedEpoch": strconv.AppendUint(nil, uint64(d.AcceptedEpoch), 10),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// ReadDisk reads what a server that is started on a data directory would start with. Files of epochs that are
// missing are epoch 0, which holds for a disk that was never in an ensemble.
func ReadDisk(dir string) (election.Disk, error) {
	d, err := ReadEpochs(dir)
	if err == nil {
		d.Zxid, err = lastZxid(filepath.Join(dir, version2))
	}
	return d, err
}

// ReadEpochs reads the epochs only, and may do so while the server runs: currentEpoch is read first, and acceptedEpoch, which
// a server writes first, is at least as new.
func ReadEpochs(dir string) (election.Disk, error) {
	var d election.Disk
	var err error
	if d.CurrentEpoch, err = readEpoch(filepath.Join(dir, version2, "currentEpoch")); err != nil {
		return d, err
	}
	d.AcceptedEpoch, err = readEpoch(filepath.Join(dir, version2, "acceptedEpoch"))
	return d, err
}

// MendEpoch writes currentEpoch into a disk whose last zxid is of a later epoch, and which ZooKeeper refuses for that, and takes
// away what may be left of the server's own attempt. It is an error if that epoch was never accepted: such a disk is damaged in
// another way.
func MendEpoch(dir string) (before, after uint32, err error) {
	d, err := ReadDisk(dir)
	if err != nil {
		return 0, 0, err
	}
	e := d.Zxid.Epoch()
	if e <= d.CurrentEpoch || e > d.AcceptedEpoch {
		return 0, 0, fmt.Errorf("disk %v in %s: its epochs are not those of a crash before currentEpoch was written", d, dir)
	}
	path := filepath.Join(dir, version2, "currentEpoch")
	if err := os.Remove(path + ".tmp"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, 0, err
	}
	fresh := path + ".mended" // whoever looks at the disk meanwhile sees the one or the other
	if err := os.WriteFile(fresh, strconv.AppendUint(nil, uint64(e), 10), 0o644); err != nil {
		return 0, 0, err
	}
	return d.CurrentEpoch, e, os.Rename(fresh, path)
}

func readEpoch(path string) (uint32, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	e, err := election.ParseEpoch(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	return e, nil
}

// lastZxid is the zxid of the newest whole snapshot, or of the last whole transaction of the logs if that is newer.
func lastZxid(dir string) (election.Zxid, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	var last election.Zxid
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if hex, ok := strings.CutPrefix(e.Name(), "snapshot."); ok {
			v, err := strconv.ParseUint(hex, 16, 64)
			if err != nil || !wholeSnapshot(path) {
				continue // ZooKeeper skips it as well
			}
			last = max(last, election.Zxid(v))
		}
		if strings.HasPrefix(e.Name(), "log.") {
			z, err := lastLogged(path)
			if err != nil {
				return 0, err
			}
			last = max(last, z)
		}
	}
	return last, nil
}

// wholeSnapshot tells whether a file ends as a snapshot does that was written to its end: with the path "/".
func wholeSnapshot(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	var end [5]byte
	info, err := f.Stat()
	if err != nil || info.Size() < int64(len(end)) {
		return false
	}
	_, err = f.ReadAt(end[:], info.Size()-int64(len(end)))
	return err == nil && end == [5]byte{0, 0, 0, 1, '/'}
}

// lastLogged is the zxid of the last whole transaction of a log. The log is made larger before it is filled, so
// that zeros follow; a crash can leave half a transaction. Both are where ZooKeeper stops as well.
func lastLogged(path string) (election.Zxid, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	const header = 4 + 4 + 8 // magic, version, database
	if len(text) < header || string(text[:4]) != "ZKLG" {
		return 0, nil // being created
	}
	var last election.Zxid
	for text = text[header:]; len(text) >= 12; {
		sum, size := binary.BigEndian.Uint64(text), int64(int32(binary.BigEndian.Uint32(text[8:])))
		text = text[12:]
		// clientId, cxid, zxid, ...; then the byte that ends a transaction
		if size < 20 || size+1 > int64(len(text)) || text[size] != 'B' || uint64(adler32.Checksum(text[:size])) != sum {
			break
		}
		last = election.Zxid(binary.BigEndian.Uint64(text[12:]))
		text = text[size+1:]
	}
	return last, nil
}

// emptySnapshot is a snapshot with nothing but the nodes that ZooKeeper makes itself. Which zxid it has
// is not in it: the name of the file says that.
func emptySnapshot() []byte {
	const (
		open     = -1 // the ACL that lets everybody do everything has no entry in the table
		readOnly = 1
	)
	b := []byte("ZKSN")
	b = appendInt(b, 2)   // version
	b = appendLong(b, -1) // database
	b = appendInt(b, 0)   // sessions
	b = appendInt(b, 1)   // ACLs
	b = appendLong(b, readOnly)
	b = appendInt(b, 1)
	b = appendInt(b, 1) // READ
	b = appendString(b, "world")
	b = appendString(b, "anyone")
	for _, node := range []struct {
		path string
		acl  int64
	}{{"", open}, {"/zookeeper", open}, {"/zookeeper/config", readOnly}, {"/zookeeper/quota", open}} {
		b = appendString(b, node.path)
		b = appendInt(b, 0) // length of data
		b = appendLong(b, node.acl)
		b = append(b, make([]byte, 4*8+3*4+2*8)...) // czxid .. pzxid
	}
	b = appendString(b, "/") // no node has this path: the end
	sum := adler32.Checksum(b)
	b = appendLong(b, int64(sum))
	return appendString(b, "/")
}

func appendInt(b []byte, v int32) []byte  { return binary.BigEndian.AppendUint32(b, uint32(v)) }
func appendLong(b []byte, v int64) []byte { return binary.BigEndian.AppendUint64(b, uint64(v)) }
func appendString(b []byte, s string) []byte {
	return append(appendInt(b, int32(len(s))), s...)
}
