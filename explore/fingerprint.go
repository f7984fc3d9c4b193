package explore

import (
	"math"

	"github.com/zeebo/xxh3"
)

// Shards divide the visited set by the first bits of a fingerprint, and partitions divide the shards among workers and
// among files. A shard's number need not be stored with its states: that is where the bits beyond 64 come from.
const (
	shardBits       = 10
	shards          = 1 << shardBits
	partitionBits   = 4
	partitions      = 1 << partitionBits
	partitionShards = shards / partitions

	// fingerprintBits is how many bits tell two states apart.
	fingerprintBits = shardBits + 64
)

// fingerprint is a state's name in the visited set: its shard, and its place in there.
type fingerprint struct {
	shard uint32
	rest  uint64 // never vacant
}

func fingerprintOf(encoded []byte) fingerprint {
	h := xxh3.Hash128(encoded)
	return fingerprint{shard: uint32(h.Hi >> (64 - shardBits)), rest: min(h.Lo, vacant-1)}
}

// partition is the group of shards that a fingerprint's shard belongs to.
func (f fingerprint) partition() uint32 { return f.shard / partitionShards }

// collision is the birthday bound for n fingerprints.
func collision(n uint64) float64 {
	if n < 2 {
		return 0
	}
	return math.Ldexp(float64(n)*float64(n-1), -fingerprintBits-1)
}
