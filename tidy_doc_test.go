package tallystick_test

import (
	"go/ast"
	"slices"
)

// docFindings names every package without a package comment, and every exported function, method,
// type, constant and variable without a doc comment. Fields and the methods of an interface are the
// business of their type's comment.
func docFindings(sources []source) []string {
	var findings, folders []string
	documented := map[string]bool{}
	for _, file := range sources {
		if file.isTest() || file.isGenerated() {
			continue
		}
		if !slices.Contains(folders, file.folder()) {
			folders = append(folders, file.folder())
		}
		if file.syntax.Doc.Text() != "" {
			documented[file.folder()] = true
		}
		for _, declared := range file.syntax.Decls {
			findings = append(findings, undocumented(file, declared)...)
		}
	}
	for _, folder := range folders {
		if !documented[folder] {
			findings = append(findings, folder+": the package has no comment")
		}
	}
	return findings
}

func undocumented(file source, declared ast.Decl) []string {
	switch declared := declared.(type) {
	case *ast.FuncDecl:
		if isExported(declared) && declared.Doc.Text() == "" {
			return []string{file.at(declared.Pos(), "%s has no doc comment", declared.Name.Name)}
		}
	case *ast.GenDecl:
		if declared.Doc.Text() == "" {
			return undocumentedSpecs(file, declared)
		}
	}
	return nil
}

// undocumentedSpecs looks at a group without a comment of its own: each member needs one, above it or
// behind it.
func undocumentedSpecs(file source, group *ast.GenDecl) []string {
	var findings []string
	for _, spec := range group.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			if spec.Name.IsExported() && spec.Doc.Text() == "" {
				findings = append(findings, file.at(spec.Pos(), "%s has no doc comment", spec.Name.Name))
			}
		case *ast.ValueSpec:
			if spec.Doc.Text() != "" || spec.Comment.Text() != "" {
				continue
			}
			for _, name := range spec.Names {
				if name.IsExported() {
					findings = append(findings, file.at(name.Pos(), "%s has no doc comment", name.Name))
				}
			}
		}
	}
	return findings
}

// isExported leaves out methods of types that nobody outside can name.
func isExported(function *ast.FuncDecl) bool {
	if !function.Name.IsExported() {
		return false
	}
	return function.Recv == nil || ast.IsExported(receiverName(function.Recv.List[0].Type))
}

func receiverName(receiver ast.Expr) string {
	switch receiver := receiver.(type) {
	case *ast.StarExpr:
		return receiverName(receiver.X)
	case *ast.IndexExpr:
		return receiverName(receiver.X)
	case *ast.IndexListExpr:
		return receiverName(receiver.X)
	case *ast.Ident:
		return receiver.Name
	}
	return ""
}
