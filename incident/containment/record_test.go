package containment

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// memory is a Ledger in memory.
type memory struct{ entries map[string][][]byte }

func (m *memory) Append(_ context.Context, id string, seq int, entry []byte) error {
	if len(m.entries[id]) != seq-1 {
		return ErrTaken
	}
	m.entries[id] = append(m.entries[id], entry)
	return nil
}
func (m *memory) Load(_ context.Context, id string) ([][]byte, error)    { return m.entries[id], nil }
func (m *memory) Preserve(context.Context, string, string, []byte) error { return nil }
func (m *memory) Cases(context.Context) ([]string, error)                { return sortedKeys(m.entries), nil }

func TestALogThatWasAlteredIsFoundOut(t *testing.T) {
	ctx := context.Background()
	m := &memory{map[string][][]byte{}}
	j, err := openJournal(ctx, m, "42", "arn:aws:iam::123456789012:user/responder")
	require.NoError(t, err)
	for i := range 5 {
		require.NoError(t, j.add(ctx, Record{Event: Noted, Note: fmt.Sprint(i), Calls: []Call{{Action: "ec2:DescribeVpcs"}}}))
	}
	records, err := Records(ctx, m, "42")
	require.NoError(t, err)
	require.Equal(t, j.records(), records)
	head := records[4].Hash

	broken := func(at int, change func(all [][]byte) [][]byte) {
		t.Helper()
		kept := append([][]byte(nil), m.entries["42"]...)
		defer func() { m.entries["42"] = kept }()
		m.entries["42"] = change(append([][]byte(nil), kept...))
		_, err := Records(ctx, m, "42")
		var chain *ChainError
		require.ErrorAs(t, err, &chain)
		require.Equal(t, at, chain.Seq)
	}
	edit := func(i int, f func(*Record)) func([][]byte) [][]byte {
		return func(all [][]byte) [][]byte {
			var r Record
			require.NoError(t, json.Unmarshal(all[i], &r))
			f(&r)
			all[i], err = json.Marshal(r)
			require.NoError(t, err)
			return all
		}
	}
	broken(3, edit(2, func(r *Record) { r.Note = "nothing happened" }))
	broken(1, edit(0, func(r *Record) { r.Actor = "someone else" }))
	broken(4, edit(2, func(r *Record) { r.Note = "rehashed"; r.Hash = r.hash() }))
	broken(2, func(all [][]byte) [][]byte { return append(all[:1], all[2:]...) })
	broken(1, func(all [][]byte) [][]byte { return all[1:] })

	require.NoError(t, VerifyChain(records, head))
	require.ErrorContains(t, VerifyChain(records[:4], head), "missing")

	// Of two processes that write the same number, one has to stop.
	other, err := openJournal(ctx, m, "42", "another")
	require.NoError(t, err)
	require.NoError(t, other.add(ctx, Record{Event: Noted}))
	require.ErrorIs(t, j.add(ctx, Record{Event: Noted}), ErrTaken)
	require.ErrorIs(t, j.add(ctx, Record{Event: Noted}), ErrTaken)
}

func TestWhatIsOpenFollowsFromTheLog(t *testing.T) {
	j := &journal{}
	add := func(e Event, target, before, after string) {
		j.all = append(j.all, Record{Event: e, Setting: "s", Target: target, Before: before, After: after})
	}
	add(Intended, "a", "1", "2")
	add(Changed, "a", "1", "2")
	add(Intended, "b", "1", "2")
	add(Intended, "a", "2", "3")
	open := j.open()
	require.Len(t, open, 2)
	require.Equal(t, []string{"a", "1", "3"}, []string{open[0].Target, open[0].Before, open[0].wanted})
	require.False(t, open[0].known)
	add(Restored, "a", "3", "1")
	add(Unchanged, "c", "9", "9")
	add(Intended, "a", "5", "6") // again, in the same case
	open = j.open()
	require.Len(t, open, 2)
	require.Equal(t, "b", open[0].Target)
	require.Equal(t, []string{"a", "5", "6"}, []string{open[1].Target, open[1].Before, open[1].wanted})
}
