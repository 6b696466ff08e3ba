"""The trend chart: recorded harm by month, then the forecast with its bands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestration.publishing.embedding import Figure, new_figure

if TYPE_CHECKING:
    import pandas as pd

MUTED = "#5b6673"
RULE = "#e3e6ea"
RECORDED = "#12436d"
FORECAST = "#b3541e"
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', Arial, sans-serif"


def trend_figure(
    history: pd.Series, forecast: pd.DataFrame, breaks: list[tuple[pd.Timestamp, str]]
) -> Figure:
    """Draw the trend.

    Parameters
    ----------
    history
        Harm days by month; NaN breaks the line.
    forecast
        The champion's forecast of the total, may be empty.
    breaks
        Months in which recording changed, with labels.

    Returns
    -------
    bokeh.plotting.figure
        The chart, harm days from zero.
    """
    from bokeh.models import DatetimeTickFormatter, HoverTool, NumeralTickFormatter

    plot = new_figure(
        x_axis_type="datetime",
        height=360,
        sizing_mode="stretch_width",
        toolbar_location=None,
        tools="",
        y_axis_label="Harm days a month",
    )
    if len(forecast):
        _draw_forecast(plot, history, forecast)
    source = _source(
        month=history.index, harm_days=history.to_numpy(), label=[f"{at:%B %Y}" for at in history.index]
    )
    plot.line("month", "harm_days", source=source, line_color=RECORDED, line_width=2.2)
    points = plot.scatter("month", "harm_days", source=source, size=5, color=RECORDED)
    plot.add_tools(
        HoverTool(renderers=[points], tooltips=[("Month", "@label"), ("Recorded", "@harm_days{0,0} days")])
    )
    for at, label in breaks:
        _mark_break(plot, at, label)
    plot.y_range.start = 0
    plot.yaxis.formatter = NumeralTickFormatter(format="0,0")
    plot.xaxis.formatter = DatetimeTickFormatter(months="%b %Y", years="%Y")
    _style(plot)
    return plot


def _draw_forecast(plot: Figure, history: pd.Series, forecast: pd.DataFrame) -> None:
    from bokeh.models import HoverTool

    columns = {
        name: forecast[name].to_numpy(dtype=float)
        for name in (
            "harm_days",
            "harm_days_lower_80",
            "harm_days_upper_80",
            "harm_days_lower_95",
            "harm_days_upper_95",
        )
    }
    months = forecast["forecast_month"]
    source = _source(month=months, label=list(months.dt.strftime("%B %Y")), **columns)
    for level, alpha in (("95", 0.14), ("80", 0.24)):
        plot.varea(
            "month",
            f"harm_days_lower_{level}",
            f"harm_days_upper_{level}",
            source=source,
            fill_color=FORECAST,
            fill_alpha=alpha,
        )
    plot.line("month", "harm_days", source=source, line_color=FORECAST, line_width=2.2, line_dash=[6, 3])
    points = plot.scatter("month", "harm_days", source=source, size=5, color=FORECAST)
    recorded = history.dropna()
    if len(recorded):
        # Recorded and expected are one story, so the gap between them is bridged thinly.
        plot.line(
            [recorded.index[-1], months.iloc[0]],
            [recorded.iloc[-1], columns["harm_days"][0]],
            line_color=FORECAST,
            line_width=1,
            line_dash=[2, 3],
        )
    tips = [
        ("Month", "@label"),
        ("Forecast", "@harm_days{0,0} days"),
        ("80% band", "@harm_days_lower_80{0,0} to @harm_days_upper_80{0,0}"),
        ("95% band", "@harm_days_lower_95{0,0} to @harm_days_upper_95{0,0}"),
    ]
    plot.add_tools(HoverTool(renderers=[points], tooltips=tips))


def _mark_break(plot: Figure, at: pd.Timestamp, label: str) -> None:
    from bokeh.models.annotations import Label, Span

    plot.add_layout(Span(location=at, dimension="height", line_color=MUTED, line_dash=[1, 3], line_width=1))
    plot.add_layout(
        Label(
            x=at,
            y=6,
            y_units="screen",
            x_offset=4,
            text=label,
            text_color=MUTED,
            text_font=_FONT,
            text_font_size="11px",
        )
    )


def _source(**columns: Any) -> Any:
    from bokeh.models import ColumnDataSource

    return ColumnDataSource(columns)


def _style(plot: Figure) -> None:
    plot.outline_line_color = None
    plot.background_fill_color = None
    plot.border_fill_color = None
    plot.xgrid.grid_line_color = None
    plot.ygrid.grid_line_color = RULE
    plot.axis.axis_line_color = None
    plot.axis.major_tick_line_color = RULE
    plot.axis.minor_tick_line_color = None
    plot.axis.major_label_text_color = MUTED
    plot.axis.major_label_text_font = _FONT
    plot.axis.major_label_text_font_size = "12px"
    plot.axis.axis_label_text_color = MUTED
    plot.axis.axis_label_text_font = _FONT
    plot.axis.axis_label_text_font_style = "normal"
    plot.axis.axis_label_text_font_size = "12px"
