package governance

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// OrganizationalUnit groups accounts, and what is attached to it holds for all of them. Accounts are not its members here:
// they are moved by whoever makes them. A unit that holds accounts or units is not deleted; the error says what is in it.
type OrganizationalUnit struct {
	Name   string                // 1–128 characters, unique in its parent; another name is another unit
	Parent id.OrganizationTarget // the root, as PolicyType.Root, or a unit; another parent is another unit, since AWS moves none
	Tags   map[string]string
}

// ID is the unit's id.
func (u OrganizationalUnit) ID() id.OrganizationTarget {
	return id.OrganizationTarget(units.Ref(u.Name, "ID"))
}

// Declare implements ztcore.Resource.
func (u OrganizationalUnit) Declare(d *ztcore.Declaration) {
	units.Declare(d, u.Name, unitState{Parent: string(u.Parent), Name: u.Name, Tags: u.Tags})
}

type unitState struct {
	Parent string            `zt:"key"`
	Name   string            `zt:"key"`
	Tags   map[string]string `zt:"tags"`
	ID     string            `zt:"output"`
}

var units = &ztcore.Kind[unitState]{
	Name: "governance.OrganizationalUnit", Permissions: &unitsNeed, Read: readUnits, Create: createUnit, Delete: deleteUnit, Check: checkUnit,
	Update: func(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[unitState]) error {
		return setTags(ctx, sc, u.Have.ID, u.Want.Tags)
	},
	Retry: retries(), Domain: organizationDomain[unitState],
	Controls: []string{"NIST SP 800-207 tenet 4", "CISA ZTMM Governance"},
}

var unitsNeed = ztcore.Permissions{
	Read:   []string{"organizations:ListOrganizationalUnitsForParent", "organizations:ListRoots", "organizations:ListTagsForResource"},
	Write:  []string{"organizations:CreateOrganizationalUnit", "organizations:TagResource"},
	Delete: []string{"organizations:DeleteOrganizationalUnit", "organizations:ListChildren"},
}

// readUnits lists the units of the parents that are asked about, or of the whole tree when all that is owned is wanted.
func readUnits(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[unitState]) ([]unitState, error) {
	parents, wanted := []string{}, map[string]bool{}
	for _, w := range q.Want {
		if !wanted[w.Parent] {
			parents = append(parents, w.Parent)
		}
		wanted[w.Parent], wanted[w.Parent+"/"+w.Name] = true, true
	}
	if q.Owned {
		r, err := root(ctx, sc)
		if err != nil {
			return nil, err
		}
		parents = []string{aws.ToString(r.Id)}
	}
	var found []*unitState
	for len(parents) > 0 {
		below := make([][]*unitState, len(parents))
		err := ztcore.Each(ctx, len(parents), func(ctx context.Context, i int) (err error) {
			below[i], err = unitsOf(ctx, sc, parents[i])
			return err
		})
		if err != nil {
			return nil, err
		}
		parents = nil
		for _, some := range below {
			for _, u := range some {
				if q.Owned {
					parents = append(parents, u.ID)
				}
				if q.Owned || wanted[u.Parent+"/"+u.Name] {
					found = append(found, u)
				}
			}
		}
	}
	err := ztcore.Each(ctx, len(found), func(ctx context.Context, i int) (err error) {
		if found[i].Tags, err = tagsOf(ctx, sc, found[i].ID); absent(err) {
			found[i] = nil
		}
		return unlessAbsent(err)
	})
	return present(found), err
}

func unitsOf(ctx context.Context, sc *ztcore.Scope, parent string) (out []*unitState, err error) {
	err = eachPage(func(token *string) (*string, error) {
		page, err := client(sc).ListOrganizationalUnitsForParent(ctx, &organizations.ListOrganizationalUnitsForParentInput{ParentId: &parent, NextToken: token})
		if err != nil {
			return nil, explain(ctx, sc, unlessAbsent(err))
		}
		for _, u := range page.OrganizationalUnits {
			out = append(out, &unitState{Parent: parent, Name: aws.ToString(u.Name), ID: aws.ToString(u.Id)})
		}
		return page.NextToken, nil
	})
	return out, err
}

func createUnit(ctx context.Context, sc *ztcore.Scope, want unitState) error {
	_, err := client(sc).CreateOrganizationalUnit(ctx, &organizations.CreateOrganizationalUnitInput{Name: &want.Name, ParentId: &want.Parent, Tags: toTags(want.Tags)})
	return err
}

func deleteUnit(ctx context.Context, sc *ztcore.Scope, have unitState) error {
	_, err := client(sc).DeleteOrganizationalUnit(ctx, &organizations.DeleteOrganizationalUnitInput{OrganizationalUnitId: &have.ID})
	var full *types.OrganizationalUnitNotEmptyException
	if !errors.As(err, &full) {
		return unlessAbsent(err)
	}
	in, lerr := childrenOf(ctx, sc, have.ID)
	if lerr != nil {
		return errors.Join(err, lerr)
	}
	return fmt.Errorf("%s holds %s; move the accounts and delete the units first: %w", have.Name, strings.Join(in, ", "), err)
}

// childrenOf are the accounts and the units right below a unit.
func childrenOf(ctx context.Context, sc *ztcore.Scope, unit string) (children []string, err error) {
	for _, kind := range types.ChildType("").Values() {
		err = errors.Join(err, eachPage(func(token *string) (*string, error) {
			page, err := client(sc).ListChildren(ctx, &organizations.ListChildrenInput{ParentId: &unit, ChildType: kind, NextToken: token})
			if err != nil {
				return nil, err
			}
			for _, c := range page.Children {
				children = append(children, aws.ToString(c.Id))
			}
			return page.NextToken, nil
		}))
	}
	return children, err
}

// parentRE and targetRE are AWS's. https://docs.aws.amazon.com/organizations/latest/APIReference/API_AttachPolicy.html
var (
	parentRE = regexp.MustCompile(`^(r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32})$`)
	targetRE = regexp.MustCompile(`^(r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|\d{12})$`)
)

func checkUnit(want unitState) []ztcore.Finding {
	var out []ztcore.Finding
	if n := len(want.Name); n == 0 || n > 128 || strings.TrimSpace(want.Name) != want.Name {
		out = append(out, ztcore.Finding{Attribute: "Name", Message: fmt.Sprintf("%q can't be a unit's name", want.Name), Fix: "use 1–128 characters, without space at the ends"})
	}
	if !ztcore.HasToken(want.Parent) && !parentRE.MatchString(want.Parent) {
		out = append(out, ztcore.Finding{Attribute: "Parent", Message: fmt.Sprintf("%q can't be a unit's parent", want.Parent), Fix: "use PolicyType.Root, another unit's ID, or an id as r-ab12 or ou-ab12-11112222"})
	}
	return out
}
