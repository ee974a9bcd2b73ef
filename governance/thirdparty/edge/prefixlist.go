package edge

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// PrefixList is a managed prefix list, by which rules and routes name a vendor's addresses. Every entry that there is room for counts against the
// quota of a security group's rules, 60 by default, whether it is used or not.
type PrefixList struct {
	Name    string // and the tag Name, by which it can be adopted
	Entries []Entry
	// Room is for how many entries the list is made: 1 to 1,000, as many as there are if zero. It may grow and shrink.
	Room int32
	Tags map[string]string
}

// Entry is one block of a list, all of IPv4 or all of IPv6.
type Entry struct {
	CIDR        string
	Description string // 255 characters at most
}

// ID is the list's id, for rules and routes.
func (l PrefixList) ID() id.PrefixList { return id.PrefixList(prefixLists.Ref(l.Name, "ID")) }

// Declare implements ztcore.Resource.
func (l PrefixList) Declare(d *ztcore.Declaration) {
	tags := named(l.Name, l.Tags)
	want := listState{Name: tags[nameTag], Title: l.Name, Family: "IPv4", Room: l.Room, Entries: append([]Entry{}, l.Entries...), Tags: tags}
	for i, e := range want.Entries {
		if p, err := netip.ParsePrefix(e.CIDR); err == nil {
			want.Entries[i].CIDR = p.String()
			if p.Addr().Is6() {
				want.Family = "IPv6"
			}
		}
	}
	if want.Room == 0 {
		want.Room = int32(max(len(l.Entries), 1))
	}
	prefixLists.Declare(d, l.Name, want)
}

type listState struct {
	Name    string `zt:"label,-"` // compared as a tag
	Title   string `zt:"immutable"`
	Family  string `zt:"immutable"`
	Room    int32
	Entries []Entry           `zt:"set"`
	Tags    map[string]string `zt:"tags"`
	ID      string            `zt:"output"`
	Version int64             `zt:"-"`
}

var prefixLists = &ztcore.Kind[listState]{
	Name: "governance.PrefixList", Permissions: &prefixListsNeed, Read: readLists, Update: updateList, Check: checkList, Retry: inUse,
	Create: func(ctx context.Context, sc *ztcore.Scope, want listState) error {
		in := &ec2.CreateManagedPrefixListInput{
			PrefixListName: &want.Title, AddressFamily: &want.Family, MaxEntries: &want.Room, TagSpecifications: tagged(types.ResourceTypePrefixList, want.Tags),
		}
		for _, e := range want.Entries {
			in.Entries = append(in.Entries, types.AddPrefixListEntry{Cidr: &e.CIDR, Description: &e.Description})
		}
		_, err := ec2.NewFromConfig(sc.Config).CreateManagedPrefixList(ctx, in)
		return err
	},
	Delete: func(ctx context.Context, sc *ztcore.Scope, have listState) error {
		_, err := ec2.NewFromConfig(sc.Config).DeleteManagedPrefixList(ctx, &ec2.DeleteManagedPrefixListInput{PrefixListId: &have.ID})
		return unless(err, "InvalidPrefixListID.NotFound")
	},
	Controls: []string{"NIST SP 800-207 tenet 2", "CISA ZTMM Networks"},
}

var prefixListsNeed = ztcore.Permissions{
	Read:   []string{"ec2:DescribeManagedPrefixLists", "ec2:GetManagedPrefixListEntries"},
	Write:  []string{"ec2:CreateManagedPrefixList", "ec2:CreateTags", "ec2:ModifyManagedPrefixList"},
	Delete: []string{"ec2:DeleteManagedPrefixList"},
}

func readLists(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[listState]) ([]listState, error) {
	client, out := ec2.NewFromConfig(sc.Config), []listState(nil)
	in := &ec2.DescribeManagedPrefixListsInput{Filters: []types.Filter{{Name: aws.String("owner-id"), Values: []string{sc.Account}}}}
	for more := true; more; more = in.NextToken != nil {
		page, err := client.DescribeManagedPrefixLists(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, l := range page.PrefixLists {
			s := listState{Title: aws.ToString(l.PrefixListName), Family: aws.ToString(l.AddressFamily), Room: aws.ToInt32(l.MaxEntries), Tags: tagMap(l.Tags), ID: aws.ToString(l.PrefixListId), Version: aws.ToInt64(l.Version)}
			if s.Name = s.Tags[nameTag]; l.State != types.PrefixListStateDeleteInProgress && l.State != types.PrefixListStateDeleteComplete {
				out = append(out, s)
			}
		}
		in.NextToken = page.NextToken
	}
	return out, ztcore.Each(ctx, len(out), func(ctx context.Context, i int) (err error) {
		out[i].Entries, err = entries(ctx, client, out[i].ID)
		return unless(err, "InvalidPrefixListID.NotFound")
	})
}

func entries(ctx context.Context, client *ec2.Client, list string) ([]Entry, error) {
	in, out := &ec2.GetManagedPrefixListEntriesInput{PrefixListId: &list}, []Entry{}
	for {
		page, err := client.GetManagedPrefixListEntries(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, e := range page.Entries {
			out = append(out, Entry{CIDR: aws.ToString(e.Cidr), Description: aws.ToString(e.Description)})
		}
		if in.NextToken = page.NextToken; in.NextToken == nil {
			return out, nil
		}
	}
}

// updateList makes room, changes the entries in one version, then takes room away: EC2 does not take both at a time.
func updateList(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[listState]) error {
	if u.Changed("Tags") {
		if err := setTags(ctx, sc, u.Have.ID, u.Want.Tags); err != nil {
			return err
		}
	}
	if u.Want.Room > u.Have.Room {
		if err := modify(ctx, sc, &ec2.ModifyManagedPrefixListInput{PrefixListId: &u.Have.ID, MaxEntries: &u.Want.Room}); err != nil {
			return err
		}
	}
	if u.Changed("Entries") {
		if err := modify(ctx, sc, entryChange(u.Have, u.Want)); err != nil {
			return err
		}
	}
	if u.Want.Room < u.Have.Room {
		return modify(ctx, sc, &ec2.ModifyManagedPrefixListInput{PrefixListId: &u.Have.ID, MaxEntries: &u.Want.Room})
	}
	return nil
}

func entryChange(have, want listState) *ec2.ModifyManagedPrefixListInput {
	in := &ec2.ModifyManagedPrefixListInput{PrefixListId: &have.ID, CurrentVersion: &have.Version}
	for _, e := range want.Entries {
		if !slices.Contains(have.Entries, e) {
			in.AddEntries = append(in.AddEntries, types.AddPrefixListEntry{Cidr: &e.CIDR, Description: &e.Description})
		}
	}
	for _, e := range have.Entries {
		if !slices.ContainsFunc(want.Entries, func(w Entry) bool { return w.CIDR == e.CIDR }) {
			in.RemoveEntries = append(in.RemoveEntries, types.RemovePrefixListEntry{Cidr: &e.CIDR})
		}
	}
	return in
}

// modify changes a list and waits until it can be changed again. That its version is another by now means that an attempt whose answer was lost
// has changed it, or somebody else has: the engine reads again, and writes what still differs.
func modify(ctx context.Context, sc *ztcore.Scope, in *ec2.ModifyManagedPrefixListInput) error {
	client := ec2.NewFromConfig(sc.Config)
	if _, err := client.ModifyManagedPrefixList(ctx, in); unless(err, "PrefixListVersionMismatch") != nil {
		return err
	}
	return poll(ctx, "waiting for "+aws.ToString(in.PrefixListId)+" to be modified", func() (bool, error) {
		out, err := client.DescribeManagedPrefixLists(ctx, &ec2.DescribeManagedPrefixListsInput{PrefixListIds: []string{*in.PrefixListId}})
		if err != nil || len(out.PrefixLists) == 0 {
			return false, err
		}
		l := out.PrefixLists[0]
		if l.State == types.PrefixListStateModifyFailed {
			return false, fmt.Errorf("%s could not be modified: %s", *in.PrefixListId, aws.ToString(l.StateMessage))
		}
		return l.State != types.PrefixListStateModifyInProgress, nil
	})
}

func checkList(want listState) []ztcore.Finding {
	var out []ztcore.Finding
	find := func(attribute, message, fix string) {
		out = append(out, ztcore.Finding{Attribute: attribute, Message: message, Fix: fix})
	}
	if want.Room < int32(len(want.Entries)) || want.Room < 1 || want.Room > 1000 {
		find("Room", fmt.Sprintf("%d is no room for %d entries", want.Room, len(want.Entries)), "use 1 to 1,000, and as many as there are entries")
	}
	if len(want.Entries) == 0 {
		find("Entries", "no address is named", "take them from what the vendor publishes")
	}
	seen := map[string]bool{}
	for _, e := range want.Entries {
		attribute := "Entries[" + e.CIDR + "]"
		switch p, err := netip.ParsePrefix(e.CIDR); {
		case seen[e.CIDR]:
			find(attribute, "is named twice", "name it once")
		case err != nil || p.Masked() != p:
			find(attribute, "is no CIDR block", "use a block such as 203.0.113.0/24")
		case p.Bits() == 0:
			find(attribute, "stands for everybody", "name the vendor's own addresses")
		case p.Addr().Is6() != (want.Family == "IPv6"):
			find(attribute, "is of IPv4, and others are of IPv6", "declare two lists")
		case len(e.Description) > 255:
			find(attribute, "has a description of more than 255 characters", "shorten it")
		}
		seen[e.CIDR] = true
	}
	slices.SortStableFunc(out, func(a, b ztcore.Finding) int { return cmp.Compare(a.Attribute, b.Attribute) })
	return out
}
