package fakessm

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// https://docs.aws.amazon.com/general/latest/gr/ssm.html#limits_ssm
const (
	mostDocuments = 500
	mostVersions  = 1000
	mostShares    = 1000
)

type document struct {
	Name, Owner, TargetType, DisplayName string
	Type                                 types.DocumentType
	Platforms                            []types.PlatformType
	Versions                             []docVersion // oldest first
	Default                              int          // number of the default version
	Shared                               []string     // accounts, or "all"
	Tags                                 map[string]string
}

type docVersion struct {
	Number                int
	Name, Content, Schema string
	Format                types.DocumentFormat
	Created               time.Time
}

func (s *Service) installDocuments(c *fakeaws.Cloud) {
	fakeaws.On(c, s.CreateDocument, "Name", "Content", "DocumentFormat", "DocumentType", "TargetType", "DisplayName", "VersionName", "Tags")
	fakeaws.On(c, s.UpdateDocument, "Name", "Content", "DocumentFormat", "DocumentVersion", "TargetType", "DisplayName", "VersionName")
	fakeaws.On(c, s.UpdateDocumentDefaultVersion, "Name", "DocumentVersion")
	fakeaws.On(c, s.GetDocument, "Name", "DocumentVersion", "VersionName", "DocumentFormat")
	fakeaws.On(c, s.DescribeDocument, "Name", "DocumentVersion", "VersionName")
	fakeaws.On(c, s.ListDocuments, "Filters", "MaxResults", "NextToken")
	fakeaws.On(c, s.ListDocumentVersions, "Name", "MaxResults", "NextToken")
	fakeaws.On(c, s.DeleteDocument, "Name", "DocumentVersion", "VersionName", "Force")
	fakeaws.On(c, s.ModifyDocumentPermission, "Name", "PermissionType", "AccountIdsToAdd", "AccountIdsToRemove")
	fakeaws.On(c, s.DescribeDocumentPermission, "Name", "PermissionType", "MaxResults", "NextToken")
}

var (
	// documentName is the pattern of a document's name, reservedName what it may not begin with.
	// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateDocument.html
	documentName = regexp.MustCompile(`^[a-zA-Z0-9_\-.]{3,128}$`)
	reservedName = regexp.MustCompile(`(?i)^(aws|amazon|amzn)`)
	targetType   = regexp.MustCompile(`^/[\w.\-:/]*$`)
	accountID    = regexp.MustCompile(`^([0-9]{12}|(?i:all))$`)
)

// CreateDocument makes a document, of the type Command and in JSON unless told otherwise.
func (s *Service) CreateDocument(ctx context.Context, in *ssm.CreateDocumentInput, _ ...opt) (*ssm.CreateDocumentOutput, error) {
	r, call, name := s.regions.In(ctx), fakeaws.CallFrom(ctx), aws.ToString(in.Name)
	kind := cmp.Or(in.DocumentType, types.DocumentTypeCommand)
	switch {
	case !documentName.MatchString(name):
		return nil, invalid("1 validation error detected: Value '%s' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: %s", name, documentName)
	case reservedName.MatchString(name):
		return nil, invalid("Document names can't begin with aws, amazon or amzn: %s", name)
	case in.TargetType != nil && !targetType.MatchString(*in.TargetType):
		return nil, invalid("1 validation error detected: Value '%s' at 'targetType' failed to satisfy constraint: Member must satisfy regular expression pattern: %s", *in.TargetType, targetType)
	case in.DocumentFormat == types.DocumentFormatText:
		return nil, notFaked(ctx, "DocumentFormat", "TEXT is not faked")
	}
	if err := cmp.Or(oneOf("documentType", kind, kind.Values()), oneOf("documentFormat", in.DocumentFormat, in.DocumentFormat.Values())); err != nil {
		return nil, err
	}
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return nil, err
	}
	format := cmp.Or(in.DocumentFormat, types.DocumentFormatJson)
	schema, err := checkContent(aws.ToString(in.Content), format, kind)
	if err != nil {
		return nil, err
	}
	if r.Documents[name] != nil {
		return nil, &types.DocumentAlreadyExists{Message: aws.String("Document with same name " + name + " already exists")}
	}
	if len(r.Documents) >= mostDocuments {
		return nil, &types.DocumentLimitExceeded{Message: aws.String("You can have at most 500 active SSM documents.")}
	}
	d := &document{
		Name: name, Owner: call.Account, Type: kind, TargetType: aws.ToString(in.TargetType), DisplayName: aws.ToString(in.DisplayName), Default: 1, Tags: tags,
		Platforms: []types.PlatformType{types.PlatformTypeWindows, types.PlatformTypeLinux, types.PlatformTypeMacos},
		Versions:  []docVersion{{Number: 1, Name: aws.ToString(in.VersionName), Content: *in.Content, Schema: schema, Format: format, Created: time.Now()}},
	}
	r.Documents[name] = d
	out := d.describe(d.Versions[0])
	out.Status = types.DocumentStatusCreating
	return &ssm.CreateDocumentOutput{DocumentDescription: out}, nil
}

// UpdateDocument adds a version. The default version stays what it was.
func (s *Service) UpdateDocument(ctx context.Context, in *ssm.UpdateDocumentInput, _ ...opt) (*ssm.UpdateDocumentOutput, error) {
	d, err := s.own(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	latest := d.Versions[len(d.Versions)-1]
	if v := aws.ToString(in.DocumentVersion); v != "$LATEST" && v != strconv.Itoa(latest.Number) {
		return nil, &types.InvalidDocumentVersion{Message: aws.String("The document version is not valid or does not exist.")}
	}
	format := cmp.Or(in.DocumentFormat, types.DocumentFormatJson)
	schema, err := checkContent(aws.ToString(in.Content), format, d.Type)
	if err != nil {
		return nil, err
	}
	for _, v := range d.Versions {
		if v.Content == *in.Content && (in.TargetType == nil || *in.TargetType == d.TargetType) {
			return nil, &types.DuplicateDocumentContent{Message: aws.String("The content of the association document matches another document. Change the content of the document and try again.")}
		}
		if in.VersionName != nil && v.Name == *in.VersionName {
			return nil, &types.DuplicateDocumentVersionName{Message: aws.String("The version name has already been used in this document.")}
		}
	}
	if len(d.Versions) >= mostVersions {
		return nil, &types.DocumentVersionLimitExceeded{Message: aws.String("The document has too many versions. Delete one or more document versions and try again.")}
	}
	v := docVersion{Number: latest.Number + 1, Name: aws.ToString(in.VersionName), Content: *in.Content, Schema: schema, Format: format, Created: time.Now()}
	d.Versions = append(d.Versions, v)
	d.TargetType = cmp.Or(aws.ToString(in.TargetType), d.TargetType)
	d.DisplayName = cmp.Or(aws.ToString(in.DisplayName), d.DisplayName)
	out := d.describe(v)
	out.Status = types.DocumentStatusUpdating
	return &ssm.UpdateDocumentOutput{DocumentDescription: out}, nil
}

// UpdateDocumentDefaultVersion sets the version that is used where none is named.
func (s *Service) UpdateDocumentDefaultVersion(ctx context.Context, in *ssm.UpdateDocumentDefaultVersionInput, _ ...opt) (*ssm.UpdateDocumentDefaultVersionOutput, error) {
	d, err := s.own(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	n, convErr := strconv.Atoi(aws.ToString(in.DocumentVersion))
	v, err := d.version(in.DocumentVersion, nil)
	if err != nil || convErr != nil || v.Number != n {
		return nil, &types.InvalidDocumentVersion{Message: aws.String("The document version is not valid or does not exist.")}
	}
	d.Default = n
	return &ssm.UpdateDocumentDefaultVersionOutput{Description: &types.DocumentDefaultVersionDescription{Name: aws.String(d.Name), DefaultVersion: in.DocumentVersion}}, nil
}

// GetDocument answers a version's text as it was sent, the default version's unless told otherwise. AWS would convert it to the
// format that is asked for, JSON if none is.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetDocument.html
func (s *Service) GetDocument(ctx context.Context, in *ssm.GetDocumentInput, _ ...opt) (*ssm.GetDocumentOutput, error) {
	d, err := s.document(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	v, err := d.version(in.DocumentVersion, in.VersionName)
	if err != nil {
		return nil, err
	}
	if cmp.Or(in.DocumentFormat, types.DocumentFormatJson) != v.Format {
		return nil, notFaked(ctx, "DocumentFormat", "documents are not converted, and JSON is what is answered where no format is named")
	}
	out := &ssm.GetDocumentOutput{
		Name: aws.String(d.Name), Content: aws.String(v.Content), DocumentFormat: v.Format, DocumentType: d.Type, DocumentVersion: aws.String(strconv.Itoa(v.Number)),
		CreatedDate: aws.Time(v.Created), Status: types.DocumentStatusActive,
	}
	out.VersionName, out.DisplayName = unlessEmpty(v.Name), unlessEmpty(d.DisplayName)
	return out, nil
}

// DescribeDocument answers what there is to know of a version but its text.
func (s *Service) DescribeDocument(ctx context.Context, in *ssm.DescribeDocumentInput, _ ...opt) (*ssm.DescribeDocumentOutput, error) {
	d, err := s.document(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	v, err := d.version(in.DocumentVersion, in.VersionName)
	if err != nil {
		return nil, err
	}
	return &ssm.DescribeDocumentOutput{Document: d.describe(v)}, nil
}

// ListDocuments answers AWS's documents and the account's own by name.
func (s *Service) ListDocuments(ctx context.Context, in *ssm.ListDocumentsInput, _ ...opt) (*ssm.ListDocumentsOutput, error) {
	var all []*document
	for _, d := range s.regions.In(ctx).Documents {
		all = append(all, d)
	}
	for name := range awsDocuments {
		all = append(all, awsDocument(name))
	}
	for _, f := range in.Filters {
		key := aws.ToString(f.Key)
		tag, tagged := strings.CutPrefix(key, "tag:")
		var keep func(d *document, v string) bool
		switch {
		case tagged:
			keep = func(d *document, v string) bool { return d.Tags[tag] == v }
		case key == "Owner":
			keep = func(d *document, v string) bool {
				return v == "All" || v == "Self" && d.Owner != amazon || v == "Private" && d.Owner != amazon && len(d.Shared) == 0 || v == "Amazon" && d.Owner == amazon || v == "Public" && (d.Owner == amazon || slices.Contains(d.Shared, "all"))
			}
		case key == "Name":
			keep = func(d *document, v string) bool { return strings.HasPrefix(d.Name, v) }
		case key == "DocumentType":
			keep = func(d *document, v string) bool { return string(d.Type) == v }
		case key == "PlatformTypes":
			keep = func(d *document, v string) bool { return slices.Contains(d.Platforms, types.PlatformType(v)) }
		default:
			return nil, &types.InvalidFilterKey{Message: aws.String("The specified key is not valid: " + key)}
		}
		all = slices.DeleteFunc(all, func(d *document) bool {
			return !slices.ContainsFunc(f.Values, func(v string) bool { return keep(d, v) })
		})
	}
	slices.SortFunc(all, func(a, b *document) int { return strings.Compare(a.Name, b.Name) })
	found := make([]types.DocumentIdentifier, len(all))
	for i, d := range all {
		v := d.Versions[slices.IndexFunc(d.Versions, func(v docVersion) bool { return v.Number == d.Default })]
		found[i] = types.DocumentIdentifier{
			Name: aws.String(d.Name), Owner: aws.String(d.Owner), DocumentType: d.Type, DocumentFormat: v.Format, DocumentVersion: aws.String(strconv.Itoa(v.Number)), SchemaVersion: aws.String(v.Schema),
			PlatformTypes: d.Platforms, Tags: tagList(d.Tags), CreatedDate: aws.Time(v.Created), TargetType: unlessEmpty(d.TargetType), DisplayName: unlessEmpty(d.DisplayName), VersionName: unlessEmpty(v.Name),
		}
	}
	some, next, err := page(ctx, found, in.NextToken, in.MaxResults, 50)
	return &ssm.ListDocumentsOutput{DocumentIdentifiers: some, NextToken: next}, err
}

// ListDocumentVersions answers the versions, newest first.
func (s *Service) ListDocumentVersions(ctx context.Context, in *ssm.ListDocumentVersionsInput, _ ...opt) (*ssm.ListDocumentVersionsOutput, error) {
	d, err := s.document(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	var all []types.DocumentVersionInfo
	for _, v := range slices.Backward(d.Versions) {
		all = append(all, types.DocumentVersionInfo{
			Name: aws.String(d.Name), DocumentVersion: aws.String(strconv.Itoa(v.Number)), DocumentFormat: v.Format, IsDefaultVersion: v.Number == d.Default, CreatedDate: aws.Time(v.Created),
			Status: types.DocumentStatusActive, VersionName: unlessEmpty(v.Name), DisplayName: unlessEmpty(d.DisplayName),
		})
	}
	some, next, err := page(ctx, all, in.NextToken, in.MaxResults, 50)
	return &ssm.ListDocumentVersionsOutput{DocumentVersions: some, NextToken: next}, err
}

// DeleteDocument deletes a document or one version of it. What is shared or associated is refused, and so is the default version.
func (s *Service) DeleteDocument(ctx context.Context, in *ssm.DeleteDocumentInput, _ ...opt) (*ssm.DeleteDocumentOutput, error) {
	r := s.regions.In(ctx)
	d, err := s.own(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	if in.DocumentVersion != nil || in.VersionName != nil {
		v, err := d.version(in.DocumentVersion, in.VersionName)
		if err != nil {
			return nil, err
		}
		if v.Number == d.Default {
			return nil, &types.InvalidDocumentOperation{Message: aws.String("Default version of the document can't be deleted.")}
		}
		d.Versions = slices.DeleteFunc(d.Versions, func(o docVersion) bool { return o.Number == v.Number })
		return &ssm.DeleteDocumentOutput{}, nil
	}
	if len(d.Shared) > 0 {
		return nil, &types.InvalidDocumentOperation{Message: aws.String("You attempted to delete a document while it is still shared. You must stop sharing the document before you can delete it.")}
	}
	for _, a := range r.Associations {
		if *a.last().Name == d.Name {
			return nil, &types.AssociatedInstances{Message: aws.String("You must disassociate a document from all managed nodes before you can delete it.")}
		}
	}
	delete(r.Documents, d.Name)
	return &ssm.DeleteDocumentOutput{}, nil
}

// ModifyDocumentPermission shares a document, with everybody only if the account's settings let it.
func (s *Service) ModifyDocumentPermission(ctx context.Context, in *ssm.ModifyDocumentPermissionInput, _ ...opt) (*ssm.ModifyDocumentPermissionOutput, error) {
	d, err := s.own(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	if in.PermissionType != types.DocumentPermissionTypeShare {
		return nil, &types.InvalidPermissionType{Message: aws.String("The permission type is not supported. Share is the only supported permission type.")}
	}
	if len(in.AccountIdsToAdd)+len(in.AccountIdsToRemove) == 0 {
		return nil, invalid("Either AccountIdsToAdd or AccountIdsToRemove must be given")
	}
	shared := slices.Clone(d.Shared)
	for _, list := range [][]string{in.AccountIdsToAdd, in.AccountIdsToRemove} {
		if len(list) > 20 {
			return nil, &types.DocumentPermissionLimit{Message: aws.String("The document can be shared with at most 20 accounts in a request.")}
		}
		for _, id := range list {
			if !accountID.MatchString(id) {
				return nil, invalid("1 validation error detected: Value '%s' at 'accountIds' failed to satisfy constraint: Member must satisfy regular expression pattern: (?i)all|[0-9]{12}", id)
			}
		}
	}
	for _, id := range in.AccountIdsToAdd {
		id = strings.ToLower(id)
		if id == "all" && s.regions.In(ctx).Settings["/ssm/documents/console/public-sharing-permission"] == "Disable" {
			return nil, &types.InvalidDocumentOperation{Message: aws.String("Public sharing of SSM documents is blocked for this account.")}
		}
		if !slices.Contains(shared, id) {
			shared = append(shared, id)
		}
	}
	shared = slices.DeleteFunc(shared, func(id string) bool {
		return slices.ContainsFunc(in.AccountIdsToRemove, func(r string) bool { return strings.EqualFold(r, id) })
	})
	if len(shared) > mostShares {
		return nil, &types.DocumentPermissionLimit{Message: aws.String("The document can't be shared with more Amazon Web Services accounts.")}
	}
	slices.Sort(shared)
	d.Shared = shared
	return &ssm.ModifyDocumentPermissionOutput{}, nil
}

// DescribeDocumentPermission answers whom a document is shared with.
func (s *Service) DescribeDocumentPermission(ctx context.Context, in *ssm.DescribeDocumentPermissionInput, _ ...opt) (*ssm.DescribeDocumentPermissionOutput, error) {
	d, err := s.own(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	if in.PermissionType != types.DocumentPermissionTypeShare {
		return nil, &types.InvalidPermissionType{Message: aws.String("The permission type is not supported. Share is the only supported permission type.")}
	}
	some, next, err := page(ctx, d.Shared, in.NextToken, in.MaxResults, 200)
	out := &ssm.DescribeDocumentPermissionOutput{AccountIds: some, NextToken: next}
	for _, id := range some {
		out.AccountSharingInfoList = append(out.AccountSharingInfoList, types.AccountSharingInfo{AccountId: aws.String(id), SharedDocumentVersion: aws.String("$DEFAULT")})
	}
	return out, err
}

// own finds one of the account's documents.
func (s *Service) own(ctx context.Context, ref *string) (*document, error) {
	name := strings.TrimPrefix(aws.ToString(ref), arn(ctx, "document/"))
	if d := s.regions.In(ctx).Documents[name]; d != nil {
		return d, nil
	}
	if _, ok := awsDocuments[name]; ok {
		return nil, &types.InvalidDocumentOperation{Message: aws.String("Document " + name + " is Amazon's and can't be changed.")}
	}
	return nil, &types.InvalidDocument{Message: aws.String("Document with name " + name + " does not exist.")}
}

// document finds a document that may be used: the account's, AWS's, or another account's by its ARN where it is shared.
func (s *Service) document(ctx context.Context, ref *string) (*document, error) {
	name := aws.ToString(ref)
	if _, ok := awsDocuments[name]; ok {
		return awsDocument(name), nil
	}
	if parts := strings.SplitN(name, ":", 6); len(parts) == 6 && strings.HasPrefix(parts[5], "document/") {
		call := fakeaws.CallFrom(ctx)
		d := s.regions.At(ctx, parts[4], parts[3]).Documents[strings.TrimPrefix(parts[5], "document/")]
		if d != nil && parts[3] == call.Region && (parts[4] == call.Account || slices.Contains(d.Shared, call.Account) || slices.Contains(d.Shared, "all")) {
			return d, nil
		}
		return nil, &types.InvalidDocument{Message: aws.String("Document " + name + " does not exist.")}
	}
	return s.own(ctx, ref)
}

// version finds a version by number, by name, or by $DEFAULT and $LATEST; the default one if neither is given.
func (d *document) version(number, name *string) (docVersion, error) {
	for i, v := range d.Versions {
		switch n := aws.ToString(number); {
		case name != nil && *name != v.Name, n == "$LATEST" && i != len(d.Versions)-1, (n == "$DEFAULT" || n == "" && name == nil) && v.Number != d.Default:
			continue
		case n == "" || strings.HasPrefix(n, "$") || n == strconv.Itoa(v.Number):
			return v, nil
		}
	}
	return docVersion{}, &types.InvalidDocumentVersion{Message: aws.String("The document version is not valid or does not exist.")}
}

func (d *document) describe(v docVersion) *types.DocumentDescription {
	sum := sha256.Sum256([]byte(v.Content))
	out := &types.DocumentDescription{
		Name: aws.String(d.Name), Owner: aws.String(d.Owner), DocumentType: d.Type, DocumentFormat: v.Format, SchemaVersion: aws.String(v.Schema), Status: types.DocumentStatusActive,
		DocumentVersion: aws.String(strconv.Itoa(v.Number)), DefaultVersion: aws.String(strconv.Itoa(d.Default)), LatestVersion: aws.String(fmt.Sprint(d.Versions[len(d.Versions)-1].Number)),
		Hash: aws.String(hex.EncodeToString(sum[:])), HashType: types.DocumentHashTypeSha256, PlatformTypes: slices.Clone(d.Platforms), CreatedDate: aws.Time(v.Created), Tags: tagList(maps.Clone(d.Tags)),
		TargetType: unlessEmpty(d.TargetType), DisplayName: unlessEmpty(d.DisplayName), VersionName: unlessEmpty(v.Name),
	}
	if c, err := parse(v.Content); err == nil && v.Format == types.DocumentFormatJson {
		out.Parameters, out.Description = c.describe(), unlessEmpty(c.Description)
	}
	return out
}

func unlessEmpty(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
