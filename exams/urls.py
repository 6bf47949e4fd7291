from django.urls import path

from exams.views import appointment, invigilation, mocks, receipts, report, room, unsent, workshop

app_name = "exams"

urlpatterns = [
    path("mocks/", mocks.mock_list, name="mocks"),
    path("mocks/start/", mocks.start, name="start"),
    path("appointments/start/", appointment.start, name="start_appointment"),
    path("appointments/<uuid:public_id>/", appointment.appointment, name="appointment"),
    path("appointments/<uuid:public_id>/save/", appointment.save, name="practise"),
    path("appointments/<uuid:public_id>/heartbeat/", appointment.heartbeat, name="practice_heartbeat"),
    path("appointments/<uuid:public_id>/agreement/", appointment.to_agreement, name="to_agreement"),
    path("appointments/<uuid:public_id>/accept/", appointment.accept, name="accept"),
    path("appointments/<uuid:public_id>/decline/", appointment.decline, name="decline"),
    path("attempts/<uuid:public_id>/", room.room, name="room"),
    path("attempts/<uuid:public_id>/save/", room.save, name="save"),
    path("attempts/<uuid:public_id>/heartbeat/", room.heartbeat, name="heartbeat"),
    path("attempts/<uuid:public_id>/items/<int:position>/", room.plain_item, name="plain_item"),
    path("attempts/<uuid:public_id>/review/", room.plain_review, name="plain_review"),
    path("attempts/<uuid:public_id>/submit/", room.submit, name="submit"),
    path("attempts/<uuid:public_id>/abandon/", room.abandon, name="abandon"),
    path("attempts/<uuid:public_id>/break/", room.pause, name="break"),
    path("attempts/<uuid:public_id>/break/end/", room.end_pause, name="end_break"),
    path("attempts/<uuid:public_id>/unsent/", unsent.bring, name="unsent"),
    path("attempts/<uuid:public_id>/report/", report.report, name="report"),
    path("attempts/<uuid:public_id>/receipt.json", receipts.receipt, name="receipt"),
    path("cohorts/", invigilation.cohorts, name="cohorts"),
    path("cohorts/<int:pk>/", invigilation.watch, name="watch"),
    path("cohorts/<int:pk>/extend/", invigilation.extend, name="extend"),
    path("workshop/", workshop.desk, name="workshop"),
    path("workshop/pilots/", workshop.pilots, name="pilots"),
    path("workshop/coverage/", workshop.coverage_page, name="coverage"),
    path("workshop/items/<str:code>/", workshop.item, name="workshop_item"),
    path("workshop/items/<str:code>/move/", workshop.move, name="move_item"),
    path("workshop/items/<str:code>/regrade/", workshop.regrade, name="regrade_item"),
    path("workshop/items/<str:code>/comment/", workshop.comment, name="comment_item"),
    path("receipts/verify", receipts.verify, name="verify_receipt"),
    path("attempts/<uuid:public_id>/report/<int:position>/fault/", report.fault, name="fault"),
]
