package explore

import (
	"encoding/binary"
	"fmt"
	"os"
)

// levelFile has blocks of one level. A block's place in it is kept with the block.
type levelFile struct {
	file *os.File
	name string
	end  int64
}

// place is where a block lies in its level's file: numbers of ends, claims and sleeps, and then the states.
type place struct {
	offset                int64
	size                  uint32 // of the states, which may be encoded as nothing
	there, claims, sleeps bool   // not there: nowhere
}

func (d *store) createLevel(depth int) (*levelFile, error) {
	l := &levelFile{name: fmt.Sprintf("%s%06d", levelPrefix, depth)}
	f, err := os.Create(d.path(l.name))
	l.file = f
	return l, err
}

// put writes a block, with the claims of its states if they have not been settled, behind the others.
func (l *levelFile) put(b *block, claims []uint32) error {
	n := b.count
	buf := make([]byte, 0, 4*n+4*len(claims)+8*len(b.sleeps)+len(b.data))
	for _, e := range b.ends {
		buf = binary.LittleEndian.AppendUint32(buf, e)
	}
	for _, c := range claims {
		buf = binary.LittleEndian.AppendUint32(buf, c)
	}
	for _, s := range b.sleeps {
		buf = binary.LittleEndian.AppendUint64(buf, s)
	}
	buf = append(buf, b.data...)
	if _, err := l.file.WriteAt(buf, l.end); err != nil {
		return err
	}
	b.place = place{offset: l.end, size: uint32(len(b.data)), there: true, claims: claims != nil, sleeps: b.sleeps != nil}
	l.end += int64(len(buf))
	return nil
}

// get reads a block again.
func (l *levelFile) get(b *block) (claims []uint32, err error) {
	p, n := &b.place, b.count
	head := 4 * n
	if p.claims {
		head += 4 * n
	}
	if p.sleeps {
		head += 8 * n
	}
	buf := make([]byte, head+int(p.size))
	if _, err := l.file.ReadAt(buf, p.offset); err != nil {
		return nil, err
	}
	b.data = buf[head:]
	b.ends, buf = numbers32(buf, n)
	if p.claims {
		claims, buf = numbers32(buf, n)
	}
	if p.sleeps {
		b.sleeps = make([]uint64, n)
		for i := range b.sleeps {
			b.sleeps[i] = binary.LittleEndian.Uint64(buf[8*i:])
		}
	}
	if uint32(len(b.data)) != b.ends[n-1] {
		return nil, fmt.Errorf("%s: a block of %d states is damaged", l.name, n)
	}
	return claims, nil
}

func numbers32(buf []byte, n int) ([]uint32, []byte) {
	list := make([]uint32, n)
	for i := range list {
		list[i] = binary.LittleEndian.Uint32(buf[4*i:])
	}
	return list, buf[4*n:]
}

// unload forgets the states of a block that is in the file.
func (b *block) unload() { b.data, b.ends, b.sleeps = nil, nil, nil }

func (l *levelFile) close() error { return l.file.Close() }
