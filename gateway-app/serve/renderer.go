package serve

import (
	"github.com/tallystick/tallystick/gateway-app/report"
)

// renderer writes reports. Without the font it writes every format but PDF, which the log says once with its remedy, and
// every request for PDF again.
func (f *foundations) renderer() *report.Renderer {
	if f.settings.FontPath == "" {
		f.logger.Warn("reports cannot be written as PDF", "remedy", "run `make fonts` and set font_path to the folder of the font")
		return report.NewRenderer(nil)
	}
	fonts, err := report.OpenFonts(f.settings.FontPath)
	if err != nil {
		f.logger.Warn("reports cannot be written as PDF", "error", err)
		return report.NewRenderer(nil)
	}
	return report.NewRenderer(fonts)
}
