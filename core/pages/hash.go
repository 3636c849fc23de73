package pages

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strconv"
)

// hash identifies all that the plan's requests are made of: the input, the order of rows and columns with their texts,
// and what is fixed in this program.
func (p *Plan) makeHash(input []byte) [32]byte {
	sum := sha256.New()
	add := func(parts ...string) {
		for _, part := range parts {
			var size [8]byte
			binary.BigEndian.PutUint64(size[:], uint64(len(part)))
			sum.Write(size[:])
			sum.Write([]byte(part))
		}
	}
	add(kindName, string(rune('0'+kindVersion)), schema, string(input))
	for _, language := range p.input.Languages {
		add(p.sheets[language].system)
		for _, piece := range p.sheets[language].pieces {
			add(piece.text, string(rune('0'+piece.scope)), strconv.Itoa(piece.slot))
		}
	}
	for i := range p.rows {
		add(string(p.rows[i].language), p.rows[i].slug)
		add(p.rows[i].values...)
	}
	for i := range p.columns {
		add(p.columns[i].slug)
		add(p.columns[i].values...)
	}
	return [32]byte(sum.Sum(nil))
}

// Hash identifies all that the plan's requests are made of.
func (p *Plan) Hash() [32]byte { return p.hash }

// HashText is Hash in hex, as it is shown in a preview and may be sent back with the order to begin.
func (p *Plan) HashText() string { return hex.EncodeToString(p.hash[:]) }

// tagOf is a short code that no value of the input can hold, because it follows from all of the input.
func tagOf(input []byte) string {
	sum := sha256.Sum256(input)
	return hex.EncodeToString(sum[:6])
}
