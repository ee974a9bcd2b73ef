package fakeec2

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// prefixList is one that AWS manages, whose addresses are made up, of the networks for documentation, or a customer's.
type prefixList struct {
	ID, Name string
	CIDRs    []string
	Own      *ownList `json:",omitempty"` // nil for AWS's
}

// freshPrefixLists adds the lists of the services with gateway endpoints.
func (s *Service) freshPrefixLists(r *region) {
	for _, l := range []prefixList{{Name: "s3", CIDRs: []string{"192.0.2.0/25"}}, {Name: "dynamodb", CIDRs: []string{"192.0.2.128/25"}}} {
		l.ID, l.Name = s.cloud.ID("pl-", 8), "com.amazonaws."+r.Name+"."+l.Name
		r.PrefixLists.add(l.ID, &l)
	}
}

// listNamed is the prefix list of a service, or nil.
func (r *region) listNamed(service string) *prefixList {
	for _, l := range r.PrefixLists.Items {
		if l.Name == service {
			return l
		}
	}
	return nil
}

var listQuery = query[prefixList]{kind: listKind, id: func(l *prefixList) string { return l.ID }, visible: func(l *prefixList) bool { return l.Own == nil }, columns: columns[prefixList]{
	"prefix-list-id":   one(func(l *prefixList) string { return l.ID }),
	"prefix-list-name": one(func(l *prefixList) string { return l.Name }),
}}

var managedListQuery = query[prefixList]{kind: listKind, id: listQuery.id, columns: columns[prefixList]{
	"prefix-list-id":   listQuery.columns["prefix-list-id"],
	"prefix-list-name": listQuery.columns["prefix-list-name"],
	"owner-id": func(r *region, l *prefixList) []string {
		if l.Own != nil {
			return []string{r.Account}
		}
		return []string{"AWS"}
	},
}}

// DescribePrefixLists answers the prefix lists of services with gateway endpoints.
func (s *Service) DescribePrefixLists(ctx context.Context, in *ec2.DescribePrefixListsInput, _ ...func(*ec2.Options)) (*ec2.DescribePrefixListsOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	found, next, err := list(ctx, r, &r.PrefixLists, listQuery, asked{in.PrefixListIds, in.Filters, in.NextToken, in.MaxResults})
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribePrefixListsOutput{NextToken: next}
	for _, l := range found {
		out.PrefixLists = append(out.PrefixLists, types.PrefixList{
			PrefixListId: aws.String(l.ID), PrefixListName: aws.String(l.Name), Cidrs: append([]string{}, l.CIDRs...),
		})
	}
	return out, nil
}

// DescribeManagedPrefixLists answers AWS's lists and the customer's own.
func (s *Service) DescribeManagedPrefixLists(ctx context.Context, in *ec2.DescribeManagedPrefixListsInput, _ ...func(*ec2.Options)) (*ec2.DescribeManagedPrefixListsOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	found, next, err := list(ctx, r, &r.PrefixLists, managedListQuery, asked{in.PrefixListIds, in.Filters, in.NextToken, in.MaxResults})
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeManagedPrefixListsOutput{NextToken: next}
	for _, l := range found {
		out.PrefixLists = append(out.PrefixLists, l.describeManaged(r))
	}
	return out, nil
}

// GetManagedPrefixListEntries answers the blocks of a list.
func (s *Service) GetManagedPrefixListEntries(ctx context.Context, in *ec2.GetManagedPrefixListEntriesInput, _ ...func(*ec2.Options)) (*ec2.GetManagedPrefixListEntriesOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	l, err := find(&r.PrefixLists, listKind, in.PrefixListId)
	if err != nil {
		return nil, err
	}
	cidrs, next, err := page(ctx, l.CIDRs, in.NextToken, in.MaxResults)
	if err != nil {
		return nil, err
	}
	out := &ec2.GetManagedPrefixListEntriesOutput{NextToken: next}
	for _, c := range cidrs {
		e := types.PrefixListEntry{Cidr: aws.String(c)}
		if l.Own != nil {
			e.Description = text(l.Own.Notes[c])
		}
		out.Entries = append(out.Entries, e)
	}
	return out, nil
}
