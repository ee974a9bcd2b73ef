package endpoint

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// ownedDocuments names the account's documents that carry the baseline's tag.
func ownedDocuments(ctx context.Context, sc *ztcore.Scope) ([]string, error) {
	var names []string
	for in := (&ssm.ListDocumentsInput{Filters: []types.DocumentKeyValuesFilter{{Key: aws.String("Owner"), Values: []string{"Self"}}}}); ; {
		page, err := ssm.NewFromConfig(sc.Config).ListDocuments(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, d := range page.DocumentIdentifiers {
			if tagMap(d.Tags)[ztcore.TagBaseline] == sc.Baseline {
				names = append(names, aws.ToString(d.Name))
			}
		}
		if in.NextToken = page.NextToken; aws.ToString(in.NextToken) == "" {
			return names, nil
		}
	}
}

// readDocument reads the default version of a document.
func readDocument(ctx context.Context, sc *ztcore.Scope, name string) (*documentState, error) {
	client := ssm.NewFromConfig(sc.Config)
	about, err := client.DescribeDocument(ctx, &ssm.DescribeDocumentInput{Name: &name})
	if err != nil {
		return nil, err
	}
	d := about.Document
	// Without its own format a document in YAML would be answered in JSON.
	text, err := client.GetDocument(ctx, &ssm.GetDocumentInput{Name: &name, DocumentFormat: d.DocumentFormat})
	if err != nil {
		return nil, err
	}
	have := &documentState{
		Name: name, Type: string(d.DocumentType), Format: string(d.DocumentFormat), Content: documentText(aws.ToString(text.Content)), TargetType: aws.ToString(d.TargetType),
		Tags: tagMap(d.Tags), ARN: documentARN(sc, name),
	}
	if len(have.Tags) == 0 { // of endpoints that answer tags by themselves alone
		if have.Tags, err = tagsOf(ctx, sc, types.ResourceTypeForTaggingDocument, name); err != nil {
			return nil, err
		}
	}
	for in := (&ssm.DescribeDocumentPermissionInput{Name: &name, PermissionType: types.DocumentPermissionTypeShare}); ; {
		page, err := client.DescribeDocumentPermission(ctx, in)
		if err != nil {
			return nil, err
		}
		have.SharedWith = append(have.SharedWith, page.AccountIds...)
		if in.NextToken = page.NextToken; aws.ToString(in.NextToken) == "" {
			return have, nil
		}
	}
}

// publish makes the wanted content the default version. If an earlier version has it, that one: AWS keeps no content twice.
func publish(ctx context.Context, sc *ztcore.Scope, want documentState) error {
	client := ssm.NewFromConfig(sc.Config)
	made, err := client.UpdateDocument(ctx, &ssm.UpdateDocumentInput{
		Name: &want.Name, Content: aws.String(want.Content.text()), DocumentVersion: aws.String("$LATEST"), DocumentFormat: types.DocumentFormat(want.Format), TargetType: unlessEmpty(want.TargetType),
	})
	var version *string
	var there *types.DuplicateDocumentContent
	switch {
	case errors.As(err, &there):
		if version, err = versionWith(ctx, client, want); err != nil {
			return err
		}
	case err != nil:
		return err
	default:
		version = made.DocumentDescription.DocumentVersion
	}
	_, err = client.UpdateDocumentDefaultVersion(ctx, &ssm.UpdateDocumentDefaultVersionInput{Name: &want.Name, DocumentVersion: version})
	return err
}

// versionWith finds the newest version that has the wanted content.
func versionWith(ctx context.Context, client *ssm.Client, want documentState) (*string, error) {
	about, err := client.DescribeDocument(ctx, &ssm.DescribeDocumentInput{Name: &want.Name})
	if err != nil {
		return nil, err
	}
	latest, err := strconv.Atoi(aws.ToString(about.Document.LatestVersion))
	if err != nil {
		return nil, err
	}
	for n := latest; n > 0; n-- {
		version := strconv.Itoa(n)
		text, err := client.GetDocument(ctx, &ssm.GetDocumentInput{Name: &want.Name, DocumentVersion: &version, DocumentFormat: types.DocumentFormat(want.Format)})
		if gone := new(types.InvalidDocumentVersion); errors.As(err, &gone) {
			continue
		} else if err != nil {
			return nil, err
		}
		if want.Content.Equal(documentText(aws.ToString(text.Content))) {
			return &version, nil
		}
	}
	return nil, errors.New(want.Name + " has the content already, and no version that shows it: try again")
}

// share adds first and removes then, twenty accounts at a time.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ModifyDocumentPermission.html
func share(ctx context.Context, sc *ztcore.Scope, name string, have, want []string) error {
	client := ssm.NewFromConfig(sc.Config)
	for part := range slices.Chunk(without(want, have), 20) {
		if _, err := client.ModifyDocumentPermission(ctx, &ssm.ModifyDocumentPermissionInput{Name: &name, PermissionType: types.DocumentPermissionTypeShare, AccountIdsToAdd: part}); err != nil {
			return err
		}
	}
	for part := range slices.Chunk(without(have, want), 20) {
		if _, err := client.ModifyDocumentPermission(ctx, &ssm.ModifyDocumentPermissionInput{Name: &name, PermissionType: types.DocumentPermissionTypeShare, AccountIdsToRemove: part}); err != nil {
			return err
		}
	}
	return nil
}

// without lists what is in one and not in the other.
func without(list, other []string) []string {
	var out []string
	for _, v := range list {
		if !slices.Contains(other, v) {
			out = append(out, v)
		}
	}
	return out
}
